// What runs where, how far behind, what its gates say, and what may be changed there. Pure.
import { changeButton } from "./changes.js";
import { section, wideTable } from "./proof.js";
import { badge, commit, dateAndClock, digest, element } from "./text.js";

// What runs is known to be nothing where all that would tell it was read; where it was not, it is unknown.
function nothing(moment, environment) {
  const read = moment.stages.every((stage) => stage.part !== environment.name || stage.state !== "unknown");
  return !environment.version && !environment.image && !environment.revision && environment.verdict !== "unknown" && read;
}

function servedSince(moment, environment) {
  const stage = moment.times.find((one) => one.part === environment.name && one.name === "serve");
  const run = stage && stage.runs[0];
  const last = run && run.state === "done" && run.spans.length ? run.spans[run.spans.length - 1].end : null;
  return last ? dateAndClock(last) : "unknown";
}

function newest(moment, environment) {
  if (!moment.revision || !environment.revision) return "unknown";
  return commit(environment.revision) === commit(moment.revision) ? "yes" : `no, the newest is ${commit(moment.revision)}`;
}

function follows(environment) {
  return environment.pinned ? `pinned to ${environment.pinned}` : environment.pinKnown ? "newest" : "unknown";
}

function linked(url) {
  if (!/^https?:\/\//.test(url)) return url || "-";
  return element("a", { href: url, rel: "noreferrer noopener" }, url);
}

function behind(environment) {
  const found = environment.behind;
  if (!found) return "-";
  if (found.versions === null) return "unknown";
  if (!found.versions) return "0";
  return `${found.versions} behind ${found.environment}${found.since ? `, since ${dateAndClock(found.since)}` : ""}`;
}

const SAYS = { pass: "done", fail: "failed", pending: "waiting" };

function passes(moment, environment) {
  const found = moment.gates.find((one) => one.environment === environment.name);
  if (!found) return moment.unknown.gates ? "unknown" : "-";
  if (found.unknown) return "unknown";
  return Object.keys(SAYS).flatMap((state) => {
    const count = found.gates.filter((gate) => gate.state === state).length;
    return count ? [badge(SAYS[state], `${count} ${state}`), " "] : [];
  });
}

function gateRow(gate) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, gate.gate),
    element("td", {}, badge(SAYS[gate.state], gate.state)),
    element("td", { class: "message" }, gate.evidence),
    element("td", { class: "message" }, gate.remedy || "-"),
  );
}

// What the gates of an environment say of the version that would come next.
function gatesOf(found) {
  const title = `Gates of ${found.environment}${found.version ? ` for ${found.version}` : ""}`;
  return element(
    "details",
    {},
    element("summary", {}, title),
    found.unknown ? element("p", { class: "note" }, `unknown: ${found.unknown}`) : wideTable(title, ["Gate", "Says", "Evidence", "What would satisfy it"], found.gates.map(gateRow)),
  );
}

function changesOf(moment, environment) {
  const { name } = environment;
  const first = moment.environments[0] === environment;
  return [
    first ? null : changeButton("Promote…", { action: "promote", environment: name }, `Promote to ${name}`),
    " ",
    changeButton("Roll back…", { action: "rollback", environment: name }, `Roll back ${name}`),
  ];
}

function running(moment, one) {
  return [one.version || "unknown", commit(one.revision) || "unknown", newest(moment, one), servedSince(moment, one)];
}

export function matrix(moment, mayChange) {
  if (!moment.environments.length) return null;
  const head = ["Environment", "Health", "Version", "Commit", "Newest commit", "Serves since", "Follows", "Behind", "Gates", "Image", "Address", "Note", ...(mayChange ? ["Change"] : [])];
  const cells = (one) => [
    badge(one.stale && one.verdict === "ready" ? "stale" : one.verdict),
    ...(nothing(moment, one) ? ["none is installed", "-", "-", "-"] : running(moment, one)),
    follows(one),
    behind(one),
    passes(moment, one),
    digest(one.image) || "-",
    linked(one.url),
    one.note || "",
    ...(mayChange ? [changesOf(moment, one)] : []),
  ];
  const row = (one) => element("tr", {}, element("th", { scope: "row" }, one.name), cells(one).map((cell) => element("td", {}, cell)));
  return section("matrix", "Environments", wideTable("Environments", head, moment.environments.map(row)), moment.gates.map(gatesOf));
}

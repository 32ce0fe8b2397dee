// The versions of the environments, how far behind, the results of their gates, and possible changes. Pure.
import { changeButton } from "./changes.js";
import { section, wideTable } from "./proof.js";
import { badge, commit, dateAndClock, digest, element } from "./text.js";

// Nothing runs where all objects that would show it were read; where they were not, it is unknown.
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

// The results of an environment's gates for the next version.
function gatesOf(found) {
  const title = `Gates of ${found.environment}${found.version ? ` for ${found.version}` : ""}`;
  return element(
    "details",
    { "data-key": found.environment },
    element("summary", {}, title),
    found.unknown ? element("p", { class: "note" }, `unknown: ${found.unknown}`) : wideTable(title, ["Gate", "Says", "Evidence", "What would satisfy it"], found.gates.map(gateRow)),
  );
}

function changesOf(name, first, delivered) {
  return [
    first ? null : changeButton("Promote…", { action: "promote", environment: name }, `Promote to ${name}`),
    " ",
    delivered ? changeButton("Roll back…", { action: "rollback", environment: name }, `Roll back ${name}`) : null,
  ];
}

function running(moment, one) {
  return [one.version || "unknown", commit(one.revision) || "unknown", newest(moment, one), servedSince(moment, one)];
}

function cellsOf(moment, one) {
  return {
    Health: badge(one.stale && one.verdict === "ready" ? "stale" : one.verdict),
    ...Object.fromEntries(["Version", "Commit", "Newest commit", "Serves since"].map((name, place) => [name, (nothing(moment, one) ? ["none is installed", "-", "-", "-"] : running(moment, one))[place]])),
    Follows: follows(one),
    Behind: behind(one),
    Gates: passes(moment, one),
    Image: digest(one.image) || "-",
    Address: linked(one.url),
    Note: one.note || "-",
  };
}

// Before the first delivery no object shows an environment; the configuration contains it.
function environmentRows(moment, about) {
  const delivered = moment.environments.map((one) => ({ name: one.name, delivered: true, cells: cellsOf(moment, one) }));
  const names = about.environments || [];
  const known = new Set(delivered.map((one) => one.name));
  const others = names.filter((name) => !known.has(name)).map((name) => ({ name, delivered: false, cells: { Health: badge("absent", "nothing is delivered"), Gates: passes(moment, { name }) } }));
  const order = (one) => (names.includes(one.name) ? names.indexOf(one.name) : names.length);
  return [...delivered, ...others].sort((left, right) => order(left) - order(right));
}

const OPTIONAL = ["Behind", "Gates", "Image", "Note"];

export function matrix(moment, about) {
  const rows = environmentRows(moment, about);
  if (!rows.length) return null;
  const all = ["Health", "Version", "Commit", "Newest commit", "Serves since", "Follows", "Behind", "Gates", "Address", "Image", "Note"];
  // A column without a value for any environment is left out.
  const told = all.filter((name) => !OPTIONAL.includes(name) || rows.some((one) => (one.cells[name] || "-") !== "-"));
  const head = ["Environment", ...(about.mayChange ? ["Change"] : []), ...told];
  const drawn = rows.map((one, place) =>
    element(
      "tr",
      { "data-key": one.name },
      element("th", { scope: "row" }, one.name),
      about.mayChange ? element("td", { class: "change" }, changesOf(one.name, place === 0, one.delivered)) : null,
      told.map((name) => element("td", {}, one.cells[name] || "-")),
    ),
  );
  return section("matrix", "Environments", wideTable("Environments", head, drawn, "environments"), moment.gates.map(gatesOf));
}

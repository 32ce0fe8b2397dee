// What blocks, what runs where, and what lies below one stage. Pure.
import { about, badge, commit, dateAndClock, digest, element, stateOf, titleOf } from "./text.js";
import { logs } from "./logs.js";
import { section, wideTable } from "./proof.js";

function copied(command) {
  return element(
    "p",
    { class: "next" },
    element("code", {}, command),
    " ",
    element("button", { type: "button", "data-action": "copy", "data-value": command }, "Copy"),
  );
}

function evidence(item) {
  const where = item.object ? `${titleOf(item.object)}` : "";
  if (item.kind !== "log") return element("li", {}, element("b", {}, item.kind), ` ${[where, item.text].filter(Boolean).join(": ")}`);
  return element("li", {}, element("b", {}, "log"), ` ${where}`, element("pre", { tabindex: "0", "aria-label": `End of the log of ${where}` }, item.text));
}

export function blockage(item) {
  const where = [item.part === "supply-chain" ? "" : item.part, item.stage, titleOf(item.object)].filter(Boolean).join(" · ");
  return element(
    "article",
    { class: `cause ${item.state}` },
    element("h3", {}, badge(item.state), ` ${item.cause}`),
    element("p", { class: "note" }, [item.code, where].filter(Boolean).join(" · ")),
    item.evidence.length ? element("ul", {}, item.evidence.map(evidence)) : null,
    item.next ? copied(item.next) : null,
  );
}

export function causes(moment) {
  const told = moment.unreadable.map((gap) => element("li", {}, `unknown: ${gap.message}`));
  if (!moment.blockages.length && !told.length) return null;
  return element(
    "section",
    { "aria-labelledby": "causes" },
    element("h2", { id: "causes" }, "What holds it up"),
    moment.blockages.map(blockage),
    told.length ? element("ul", {}, told) : null,
  );
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

export function matrix(moment) {
  if (!moment.environments.length) return null;
  const head = ["Environment", "Health", "Version", "Commit", "Newest commit", "Serves since", "Follows", "Image", "Address", "Note"];
  const cells = (one) => [
    badge(one.stale && one.verdict === "ready" ? "stale" : one.verdict),
    one.version || "-",
    commit(one.revision) || "unknown",
    newest(moment, one),
    servedSince(moment, one),
    follows(one),
    digest(one.image) || "-",
    linked(one.url),
    one.note || "",
  ];
  const row = (one) => element("tr", {}, element("th", { scope: "row" }, one.name), cells(one).map((cell) => element("td", {}, cell)));
  return section("matrix", "Environments", wideTable("Environments", head, moment.environments.map(row)));
}

function object(one) {
  const said = [one.reason, one.message].filter(Boolean).join(": ");
  return element(
    "tr",
    {},
    element("td", {}, one.kind),
    element("th", { scope: "row" }, one.namespace ? `${one.namespace}/${one.name}` : one.name),
    element("td", {}, badge(one.state)),
    element("td", {}, one.since ? dateAndClock(one.since) : "unknown"),
    element("td", { class: "message" }, said),
  );
}

export function stageDetails(stage, log, search) {
  const facts = Object.entries(stage.output || {});
  return element(
    "div",
    { class: "details", role: "region", "aria-live": "polite", "aria-label": `${stage.part}: ${stage.title}` },
    element("h3", {}, badge(stateOf(stage)), ` ${stage.title} `, element("small", {}, [stage.part, stage.tool].filter(Boolean).join(", "))),
    element("p", {}, about(stage) || ""),
    facts.length ? element("p", { class: "note" }, "Produced last:") : null,
    facts.length ? element("dl", {}, facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))) : null,
    stage.objects.length
      ? wideTable("Objects", ["Kind", "Name", "State", "Since", "Says"], stage.objects.map(object))
      : element("p", { class: "note" }, "No object is known yet."),
    logs(stage, log, search),
  );
}

// The causes that block, and the objects of one stage. Pure.
import { about, badge, dateAndClock, element, stateOf, titleOf } from "./text.js";
import { changeButton } from "./changes.js";
import { logs } from "./logs.js";
import { wideTable } from "./proof.js";

function copied(label, command) {
  return element(
    "p",
    { class: "next" },
    `${label}: `,
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
    { class: `cause ${item.state}`, "data-key": [item.code, item.part, item.stage, titleOf(item.object)].join(" ") },
    element("h3", {}, badge(item.state), ` ${item.cause}`),
    element("p", { class: "note" }, [item.code, where].filter(Boolean).join(" · ")),
    item.evidence.length ? element("ul", {}, item.evidence.map(evidence)) : null,
    item.next ? copied("next", item.next) : null,
    item.again ? copied("again", item.again) : null,
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

function object(one) {
  const said = [one.reason, one.message].filter(Boolean).join(": ");
  return element(
    "tr",
    { "data-key": [one.kind, one.namespace, one.name].join("/") },
    element("td", {}, one.kind),
    element("th", { scope: "row" }, one.namespace ? `${one.namespace}/${one.name}` : one.name),
    element("td", {}, badge(one.state)),
    element("td", {}, one.since ? dateAndClock(one.since) : "unknown"),
    element("td", { class: "message" }, said),
  );
}

function rerun(stage) {
  return { action: "rerun", stage: stage.name, environment: stage.part === "supply-chain" ? "" : stage.part };
}

export function stageDetails(stage, log, search, mayChange) {
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
    mayChange && stage.object ? element("p", {}, changeButton("Start again…", rerun(stage), `Start ${stage.title} again`)) : null,
    logs(stage, log, search),
  );
}

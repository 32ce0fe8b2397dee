// Short forms of revisions, digests, durations and times, as the terminal writes them. Pure.

export const MARKS = { done: "✓", working: "●", waiting: "○", failed: "✗", unknown: "?", ready: "✓", stale: "✗", absent: "–" };

export function element(tag, attributes, ...children) {
  return { tag, attributes: attributes || {}, children: children.flat(3).filter((one) => one || one === 0) };
}

export function commit(revision) {
  const found = /[0-9a-f]{40}/.exec(revision || "");
  return found ? found[0].slice(0, 8) : revision || "";
}

export function digest(image) {
  const found = /@(sha256):([0-9a-f]{12})/.exec(image || "");
  return found ? `${found[1]}:${found[2]}` : image || "";
}

export function duration(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return "";
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor((whole % 3600) / 60))}m`;
}

export function clock(moment) {
  return moment ? new Date(moment).toISOString().slice(11, 19) : "";
}

export function dateAndClock(moment) {
  return moment ? `${new Date(moment).toISOString().slice(0, 10)} ${clock(moment)} UTC` : "";
}

export function secondsBetween(begin, end) {
  return begin && end ? (new Date(end) - new Date(begin)) / 1000 : null;
}

export function shortened(text, length) {
  return text.length <= length ? text : `${text.slice(0, Math.max(0, length - 1))}…`;
}

// The state of a stage for the followed commit: one that is done for another commit waits for this one.
export function stateOf(stage) {
  return stage.still && stage.state === "done" ? "waiting" : stage.state;
}

export function produced(stage) {
  const output = stage.output || {};
  return commit(output.revision) || output.version || output.tag || output.url || digest(output.image);
}

// A short description of a stage: the older commit that it has, what it produced, what it waits for, or its reason.
export function about(stage) {
  const waits = stage.waitsFor ? `waits for ${stage.waitsFor}` : "";
  if (stage.still) return [`still ${commit(stage.still)}`, stage.state === "done" ? "" : waits].filter(Boolean).join(", ");
  if (stage.state === "done") return produced(stage);
  return waits || stage.message || stage.reason;
}

export function titleOf(reference) {
  return reference ? `${reference.kind.toLowerCase()}/${reference.name}` : "";
}

export function badge(state, said) {
  return element("span", { class: `state ${state}` }, element("span", { "aria-hidden": "true" }, MARKS[state]), ` ${said || state}`);
}

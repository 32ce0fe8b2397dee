// The log of one container of a stage: selected, searched, and followed where the page is served. Pure.
import { element } from "./text.js";

// The number of lines that are kept of a followed log, and shown.
export const KEPT = 5000;
const SHOWN = 1000;

export function keyOf(container) {
  return [container.namespace, container.pod, container.name].join("/");
}

// The state of a log after a message of the server. Lines are counted from the first one that was read,
// so that a new connection repeats none.
export function followed(log, message) {
  const same = log.reader === message.reader;
  const lines = same ? log.lines : [];
  const next = same ? log.next : message.from;
  const fresh = message.lines.slice(Math.max(0, next - message.from));
  const all = [...lines, ...fresh];
  return {
    ...log,
    reader: message.reader,
    next: message.from + message.lines.length,
    lines: all.slice(-KEPT),
    left: (same ? log.left : 0) + Math.max(0, all.length - KEPT) + Math.max(0, message.from - next),
    ended: Boolean(message.ended),
    problem: message.problem || "",
  };
}

export function begun(key) {
  return { key, reader: "", next: 0, lines: [], left: 0, ended: false, problem: "" };
}

// A log from a report, which contains the ends of logs or the reason for a missing one.
export function kept(moment, key) {
  const found = moment.logs.find((one) => keyOf(one) === key);
  const problem = found ? found.unknown : "this page holds no log of it; pkgops logs and pkgops ui read logs";
  return { ...begun(key), lines: found ? found.lines : [], ended: true, problem };
}

function matches(lines, search) {
  const wanted = search.toLowerCase();
  return lines.filter((line) => line.toLowerCase().includes(wanted));
}

function marked(line, search) {
  const parts = [];
  const low = line.toLowerCase();
  const wanted = search.toLowerCase();
  let from = 0;
  for (let at = low.indexOf(wanted); at >= 0; at = low.indexOf(wanted, from)) {
    parts.push(line.slice(from, at), element("mark", {}, line.slice(at, at + search.length)));
    from = at + search.length;
  }
  return element("span", {}, parts, line.slice(from), "\n");
}

function said(log, found, search) {
  const end = log.ended ? "" : ", followed";
  if (search) return `${found.length} of ${log.lines.length} lines${end}`;
  return `${log.lines.length} lines${log.left ? `, ${log.left} before them are left out` : ""}${end}`;
}

function text(log, search) {
  const found = search ? matches(log.lines, search) : log.lines;
  const shown = found.slice(-SHOWN);
  const hidden = found.length - shown.length;
  return element(
    "div",
    { class: "log" },
    element(
      "p",
      {},
      element("label", {}, "Search ", element("input", { type: "search", value: search, "data-action": "search", autocomplete: "off" })),
      " ",
      element("output", { class: "note" }, said(log, found, search)),
    ),
    log.problem ? element("p", { class: "note" }, log.problem) : null,
    hidden > 0 ? element("p", { class: "note" }, `the last ${SHOWN} of them:`) : null,
    element("pre", { class: "lines", tabindex: "0", role: "log", "aria-live": "off", "aria-label": `Log of ${log.key}` }, search ? shown.map((line) => marked(line, search)) : shown.join("\n")),
  );
}

export function logs(stage, log, search) {
  if (!stage.containers.length) return null;
  const own = log && stage.containers.some((one) => keyOf(one) === log.key);
  return element(
    "div",
    { class: "logs", role: "group", "aria-label": "Logs" },
    element(
      "p",
      {},
      "Logs: ",
      stage.containers.map((one) => [
        element("button", { type: "button", title: keyOf(one), "aria-pressed": String(Boolean(own && keyOf(one) === log.key)), "data-action": "log", "data-value": keyOf(one) }, one.name + (one.runs ? " ●" : "")),
        " ",
      ]),
    ),
    own ? text(log, search) : null,
  );
}

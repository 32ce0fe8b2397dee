// The matrix of all workloads: searched, filtered by state, and shown a hundred at a time. Pure.
import { wideTable } from "./proof.js";
import { badge, commit, element } from "./text.js";

export const SHOWN_ROWS = 100;
const VERDICTS = ["failed", "stale", "unknown", "working", "waiting", "ready", "absent"];

// The rows after a message of the server, by name; a message with all rows replaces them.
export function rowsAfter(rows, message) {
  const known = message.whole ? new Map() : new Map(rows);
  for (const row of message.rows) known.set(row.name, row);
  for (const name of message.gone) known.delete(name);
  return known;
}

export function environmentsOf(given, rows) {
  const names = rows.flatMap((row) => row.environments.map((one) => one.name));
  return [...new Set([...given, ...names])];
}

function textsOf(row) {
  return [row.name, row.verdict, row.revision, row.cause, ...row.environments.flatMap((one) => [one.version, one.revision, one.health])];
}

// A row matches if it contains every word.
export function matchingRows(rows, search, verdict) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (verdict && row.verdict !== verdict) return false;
    const all = textsOf(row).join("\n").toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

function inEnvironment(row, name) {
  const one = row.environments.find((other) => other.name === name);
  if (!one) return element("td", { class: "note" }, row.verdict === "unknown" ? "unknown" : "-");
  const carried = one.revision ? commit(one.revision) : "";
  return element("td", {}, badge(one.health), " ", one.version, carried ? element("small", {}, ` ${carried}`) : null);
}

function workloadRow(one, environments) {
  return element(
    "tr",
    { "data-key": one.name },
    element("th", { scope: "row" }, element("a", { href: `workloads/${encodeURIComponent(one.name)}/` }, one.name)),
    element("td", {}, badge(one.verdict)),
    element("td", {}, commit(one.revision) || (one.verdict === "unknown" ? "unknown" : "-")),
    environments.map((name) => inEnvironment(one, name)),
    element("td", { class: "message" }, one.cause),
  );
}

function verdictButtons(rows, chosen) {
  const button = (name, count) => [
    element("button", { type: "button", "aria-pressed": String(chosen === name), "data-action": "verdict", "data-value": name }, name ? badge(name, `${count} ${name}`) : `all ${count}`),
    " ",
  ];
  const counts = VERDICTS.map((name) => [name, rows.filter((one) => one.verdict === name).length]).filter(([name, count]) => count || name === chosen);
  return element("p", { role: "group", "aria-label": "States" }, button("", rows.length), counts.map(([name, count]) => button(name, count)));
}

function turning(first, count) {
  const button = (by, label, off) => element("button", { type: "button", disabled: off ? "" : null, "data-action": "turn", "data-value": String(by) }, label);
  if (count <= SHOWN_ROWS) return null;
  return element("p", { class: "turning" }, button(-SHOWN_ROWS, "◀ before", first === 0), " ", button(SHOWN_ROWS, "next ▶", first + SHOWN_ROWS >= count));
}

export function workloads({ about, rows, search, verdict, first, notice }) {
  const all = [...rows.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  const environments = environmentsOf(about.environments, all);
  const matching = matchingRows(all, search, verdict);
  const begin = Math.min(first, Math.max(0, Math.ceil(matching.length / SHOWN_ROWS) - 1) * SHOWN_ROWS);
  const shown = matching.slice(begin, begin + SHOWN_ROWS);
  const said = matching.length ? `${begin + 1} to ${begin + shown.length} of ${matching.length}` : "none matches";
  const head = ["Workload", "State", "Newest commit", ...environments, "What holds it up"];
  return element(
    "main",
    {},
    element("header", {}, element("h1", {}, `${all.length} workload${all.length === 1 ? "" : "s"}`, element("small", {}, ` in ${about.namespace}`)), element("p", { class: "note" }, about.source)),
    notice ? element("p", { class: "notice", role: "status" }, notice) : null,
    verdictButtons(all, verdict),
    element(
      "p",
      {},
      element("label", {}, "Search ", element("input", { type: "search", value: search, "data-action": "search", autocomplete: "off" })),
      " ",
      element("output", { class: "note" }, said),
    ),
    wideTable("Workloads", head, shown.map((one) => workloadRow(one, environments)), "workloads"),
    turning(begin, matching.length),
    element("footer", { class: "note" }, `Made by pkgops ${about.version}.`),
  );
}

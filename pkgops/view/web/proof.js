// The provenance of a running version back to its commit, by step, and the changes of each environment. Pure.
import { badge, commit, dateAndClock, digest, duration, element, titleOf } from "./text.js";

const HOLDS = { same: "done", differs: "failed", unknown: "unknown" };

export function section(id, title, ...children) {
  return element("section", { "aria-labelledby": id }, element("h2", { id }, title), children);
}

function labelled(cells, head) {
  return cells.map((cell, place) => ({
    ...cell,
    attributes: { ...cell.attributes, role: cell.tag === "th" ? "rowheader" : "cell", "data-label": head[place] },
  }));
}

// A table that scrolls horizontally where it is too wide, by keyboard too. Narrow pages show each row as a list with
// the names of the columns, which removes the table's implicit roles.
export function wideTable(label, head, rows, kind) {
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label, "data-key": label },
    element(
      "table",
      { class: ["rows", kind].filter(Boolean).join(" "), role: "table", "aria-label": label },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head.map((text) => element("th", { scope: "col", role: "columnheader" }, text)))),
      element(
        "tbody",
        { role: "rowgroup" },
        rows.map((row) => ({ ...row, attributes: { ...row.attributes, role: "row" }, children: labelled(row.children, head) })),
      ),
    ),
  );
}

function short(value) {
  return digest(value) !== value ? digest(value) : commit(value);
}

function told(step) {
  const differs = step.match === "differs" && step.compared.some(Boolean);
  const [left, right] = step.compared.map(short);
  const source = step.source ? ` (${step.source})` : "";
  return [differs ? `${left} is not ${right}${source}` : "", step.note].filter(Boolean).join(" ");
}

function stepRow(step) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, step.name),
    element("td", {}, badge(HOLDS[step.match], step.match)),
    element("td", { class: "value" }, step.value || "-"),
    element("td", {}, titleOf(step.object) || "-"),
    element("td", { class: "message" }, told(step)),
  );
}

function chain(one) {
  const title = one.environment || short(one.image);
  const broken = one.steps.filter((step) => step.match !== "same").map((step) => `${step.name}: ${step.match}`);
  return element(
    "details",
    { "data-key": title },
    element("summary", {}, badge(HOLDS[one.match], one.match), ` ${title}: `, broken.length ? broken.join(", ") : "every step matches"),
    wideTable(`Way back from ${title}`, ["Step", "Compared", "Value", "Object", "Says"], one.steps.map(stepRow)),
  );
}

export function provenance(moment) {
  const unknown = moment.unknown.trace;
  if (unknown) return section("provenance", "From what runs back to its commit", element("p", { class: "note" }, `unknown: ${unknown}`));
  if (!moment.trace.length) return null;
  return section("provenance", "From what runs back to its commit", moment.trace.map(chain));
}

function releaseRow(name, one) {
  const cells = [
    dateAndClock(one.when),
    one.action,
    one.before.version || "-",
    one.after.version || "-",
    commit(one.after.revision) || "-",
    one.by || "-",
    one.seconds === null ? "-" : duration(one.seconds),
    [one.result, one.message].filter(Boolean).join(": "),
  ];
  return element("tr", {}, element("th", { scope: "row" }, name), cells.map((cell) => element("td", {}, cell)));
}

function unrecordedRow(name, when, version, revision, runs) {
  const cells = [when ? dateAndClock(when) : "-", "no record", "-", version || "-", commit(revision) || "-", "-", "-", runs ? "runs now" : ""];
  return element("tr", {}, element("th", { scope: "row" }, name), cells.map((cell) => element("td", {}, cell)));
}

// The newest first, in the order of the terminal; a version without a record is first where its time is unknown.
function pastRows(past) {
  const running = past.unrecorded;
  const came = past.unrecordedChanges;
  const fits = Boolean(running && came.length && ["", running.version].includes(came[0].version));
  const dated = [
    ...past.releases.map((one) => [one.when, releaseRow(past.name, one)]),
    ...came.map((one, place) => {
      const runs = fits && place === 0;
      return [one.when, unrecordedRow(past.name, one.when, runs ? running.version : one.version, one.revision, runs)];
    }),
  ].sort(([left], [right]) => Date.parse(right) - Date.parse(left));
  const undated = running && !fits ? [unrecordedRow(past.name, "", running.version, running.revision, true)] : [];
  return [...undated, ...dated.map(([, row]) => row)];
}

function overridden(past) {
  return past.releases.flatMap((one) =>
    one.gates
      .filter((gate) => gate.overridden)
      .map((gate) => `${past.name}: ${one.action} of ${one.after.version} by ${one.by || "an unknown user"} overrode gate ${gate.gate}: ${gate.overridden}`),
  );
}

function notesOf(past) {
  const unreadable = past.unreadable.map((name) => `${past.name}: configmap/${name} contains no readable record`);
  return [past.unknown ? `${past.name}: what changed it is unknown: ${past.unknown}` : "", ...overridden(past), ...unreadable].filter(Boolean);
}

export function releases(moment) {
  const unknown = moment.unknown.history;
  if (unknown) return section("releases", "What changed the environments", element("p", { class: "note" }, `unknown: ${unknown}`));
  if (!moment.history.length) return null;
  const rows = moment.history.flatMap(pastRows);
  const notes = moment.history.flatMap(notesOf);
  const head = ["Environment", "When", "Change", "From", "To", "Commit", "By", "Took", "Ended"];
  return section(
    "releases",
    "What changed the environments",
    rows.length ? wideTable("Changes of environments", head, rows) : null,
    notes.length ? element("ul", {}, notes.map((text) => element("li", {}, text))) : null,
    rows.length || notes.length ? null : element("p", { class: "note" }, "No change is recorded."),
  );
}

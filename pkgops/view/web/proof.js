// The way back of what runs to its commit, hop by hop, and what changed each environment. Pure.
import { badge, commit, dateAndClock, digest, duration, element, titleOf } from "./text.js";

const HOLDS = { same: "done", differs: "failed", unknown: "unknown" };

export function section(id, title, ...children) {
  return element("section", { "aria-labelledby": id }, element("h2", { id }, title), children);
}

// A table that is moved sideways where it is too wide, by keyboard too.
export function wideTable(label, head, rows) {
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, head.map((text) => element("th", { scope: "col" }, text)))),
      element("tbody", {}, rows),
    ),
  );
}

function short(value) {
  return digest(value) !== value ? digest(value) : commit(value);
}

function told(hop) {
  const differs = hop.match === "differs" && hop.compared.some(Boolean);
  const [left, right] = hop.compared.map(short);
  const source = hop.source ? ` (${hop.source})` : "";
  return [differs ? `${left} is not ${right}${source}` : "", hop.note].filter(Boolean).join(" ");
}

function hopRow(hop) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, hop.name),
    element("td", {}, badge(HOLDS[hop.match], hop.match)),
    element("td", { class: "value" }, hop.value || "-"),
    element("td", {}, titleOf(hop.object) || "-"),
    element("td", { class: "message" }, told(hop)),
  );
}

function chain(one) {
  const title = one.environment || short(one.image);
  const broken = one.hops.filter((hop) => hop.match !== "same").map((hop) => `${hop.name}: ${hop.match}`);
  return element(
    "details",
    {},
    element("summary", {}, badge(HOLDS[one.match], one.match), ` ${title}: `, broken.length ? broken.join(", ") : "every hop holds"),
    wideTable(`Way back from ${title}`, ["Hop", "Compared", "Value", "Object", "Says"], one.hops.map(hopRow)),
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

function pastRows(past) {
  const own = past.unrecorded;
  const unrecorded = own && ["-", "no record", "-", own.version, commit(own.revision) || "-", "-", "-", "runs now"];
  return [
    unrecorded ? element("tr", {}, element("th", { scope: "row" }, past.name), unrecorded.map((cell) => element("td", {}, cell))) : null,
    ...past.releases.map((one) => releaseRow(past.name, one)),
  ];
}

function gaps(past) {
  const unreadable = past.unreadable.map((name) => `${past.name}: configmap/${name} holds no record that can be read`);
  return [past.unknown ? `${past.name}: what changed it is unknown: ${past.unknown}` : "", ...unreadable].filter(Boolean);
}

export function releases(moment) {
  const unknown = moment.unknown.history;
  if (unknown) return section("releases", "What changed the environments", element("p", { class: "note" }, `unknown: ${unknown}`));
  if (!moment.history.length) return null;
  const rows = moment.history.flatMap(pastRows).filter(Boolean);
  const notes = moment.history.flatMap(gaps);
  const head = ["Environment", "When", "Change", "From", "To", "Commit", "By", "Took", "Ended"];
  return section(
    "releases",
    "What changed the environments",
    rows.length ? wideTable("Changes of environments", head, rows) : null,
    notes.length ? element("ul", {}, notes.map((text) => element("li", {}, text))) : null,
    rows.length || notes.length ? null : element("p", { class: "note" }, "No change is recorded."),
  );
}

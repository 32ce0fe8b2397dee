// The timeline: a row for each stage, previous run and container, with its bar on one time scale. Pure.
import { badge, clock, commit, dateAndClock, duration, element, stateOf, titleOf } from "./text.js";
import { endOf, share, spent, windowOf } from "./window.js";

const SCALE = 1000;

function bar(spans, window, now) {
  if (!window || !spans.length) return null;
  const drawn = spans.map((span) => {
    const begin = share(window, Date.parse(span.begin)) * SCALE;
    const end = share(window, endOf(span, now)) * SCALE;
    const width = Math.max(end - begin, 4);
    return element("rect", { class: span.phase, x: Math.min(begin, SCALE - width), width, y: 3, height: 12 });
  });
  return element("svg", { class: "bar", viewBox: `0 0 ${SCALE} 18`, preserveAspectRatio: "none", "aria-hidden": "true" }, drawn);
}

function row(kind, key, title, state, spans, window, now, note) {
  const part = (phase) => duration(spent(spans, phase, now));
  const drawn = bar(spans, window, now);
  return element(
    "tr",
    { class: kind, role: "row", "data-key": key },
    element("th", { scope: "row", role: "rowheader" }, title),
    element("td", { role: "cell" }, badge(state)),
    element("td", { class: "number", role: "cell" }, part("waiting")),
    element("td", { class: "number", role: "cell" }, part("working")),
    element("td", { class: "drawn", role: "cell" }, drawn, note ? element("span", { class: "note" }, note) : null),
  );
}

function before(key, run, now) {
  const begin = run.spans.length ? dateAndClock(run.spans[0].begin) : "";
  const told = [begin, commit(run.revision), titleOf(run.object)].filter(Boolean).join(", ");
  return row("before", `before ${key} ${titleOf(run.object)}`, "before", run.state, run.spans, null, now, told);
}

export function rowsOf(stage, moment, window, earlier) {
  const now = moment.takenAt;
  const key = `${stage.part}/${stage.name}`;
  const newest = stage.still ? null : stage.runs[0];
  const spans = newest ? newest.spans : [];
  const untold = newest && newest.note && !(stage.note && stage.state === "waiting") ? newest.note : stage.note;
  const note = stage.still ? `still ${commit(stage.still)}` : spans.length ? "" : untold;
  const rows = [row("stage", key, stage.title, stateOf(stage), spans, window, now, note)];
  const steps = newest && newest.steps.length > 1 ? newest.steps : [];
  for (const step of steps) rows.push(row("step", `${key} ${step.name}`, step.name, step.state, step.spans, window, now, ""));
  const old = stage.still ? stage.runs : stage.runs.slice(1);
  if (earlier) for (const run of old) rows.push(before(key, run, now));
  return rows;
}

export function bars(moment, earlier) {
  const window = windowOf(moment);
  const parts = [...new Set(moment.times.map((stage) => stage.part))];
  const scale = window ? `${clock(window.begin)} to ${clock(window.end)} UTC (${duration((window.end - window.begin) / 1000)})` : "no time is known";
  const head = ["Stage, container", "State", "Waited", "Worked", scale];
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Timeline" },
    element(
      "table",
      // Narrow pages show a row on two lines, which removes the table's implicit roles.
      { class: "timeline", role: "table", "aria-label": "Stages and containers" },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head.map((text) => element("th", { scope: "col", role: "columnheader" }, text)))),
      parts.map((part) =>
        element(
          "tbody",
          { role: "rowgroup", "data-key": part },
          element("tr", { class: "part", role: "row" }, element("th", { colspan: 5, scope: "rowgroup", role: "rowheader" }, part === "supply-chain" ? "Supply chain" : `Delivery to ${part}`)),
          moment.times.filter((stage) => stage.part === part).map((stage) => rowsOf(stage, moment, window, earlier)),
        ),
      ),
    ),
  );
}

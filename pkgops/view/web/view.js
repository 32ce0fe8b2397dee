// The page as a function of a moment and of the user's selection. Pure.
import { badge, clock, commit, dateAndClock, duration, element } from "./text.js";
import { changing } from "./changes.js";
import { bars } from "./bars.js";
import { causes, stageDetails } from "./details.js";
import { matrix } from "./matrix.js";
import { graph } from "./graph.js";
import { provenance, releases } from "./proof.js";

function head(moment, about) {
  const facts = [
    moment.revision ? `commit ${commit(moment.revision)}` : "no commit is known",
    dateAndClock(moment.takenAt),
    about.source,
  ];
  return element(
    "header",
    {},
    about.all ? element("p", {}, element("a", { href: about.all }, "All workloads")) : null,
    element("h1", {}, moment.name || "no workload", element("small", {}, moment.namespace ? ` in ${moment.namespace}` : ""), " ", badge(moment.verdict)),
    element("p", { class: "note" }, facts.filter(Boolean).join(" · ")),
  );
}

function slider(moments, place, seconds, last) {
  if (moments.length < 2) return null;
  const moment = moments[place];
  const said = `${duration(seconds)} of ${duration(last)}, ${clock(moment.takenAt)}, ${moment.verdict}`;
  const button = (action, label, off) => element("button", { type: "button", "data-action": action, disabled: off ? "" : null }, label);
  return element(
    "section",
    { class: "time", "aria-label": "Time of the recording" },
    button("previous", "◀ change", place === 0),
    element("input", { type: "range", min: 0, max: Math.ceil(last), step: 1, value: Math.round(seconds), "aria-label": "Time", "aria-valuetext": said, "data-action": "seek" }),
    button("next", "change ▶", place === moments.length - 1),
    element("output", {}, said),
  );
}

// The stage that is selected first: one that blocks, else one that works, else the last one that is done.
export function firstLook(moment) {
  const blocked = moment.blockages.find((item) => item.stage);
  if (blocked) return `${blocked.part}/${blocked.stage}`;
  const followed = moment.stages.filter((stage) => !stage.still);
  const chosen = followed.find((stage) => stage.state !== "done") || followed[followed.length - 1];
  return chosen ? `${chosen.part}/${chosen.name}` : "";
}

export function page({ about, moments, place, seconds, selected, width, earlier, notice, log, search, change, doing }) {
  const moment = moments[place];
  const key = selected || firstLook(moment);
  const stage = moment.stages.find((one) => `${one.part}/${one.name}` === key);
  return element(
    "main",
    {},
    head(moment, about),
    notice ? element("p", { class: "notice", role: "status" }, notice) : null,
    slider(moments, place, seconds, about.length),
    changing(change, doing),
    causes(moment),
    moment.stages.length
      ? element("section", { "aria-labelledby": "graph" }, element("h2", { id: "graph" }, "Pipeline"), graph(moment, width, key), stage ? stageDetails(stage, log, search, about.mayChange) : null)
      : element("p", {}, "No stage is known."),
    matrix(moment, about),
    moment.times.length
      ? element(
          "section",
          { "aria-labelledby": "timeline" },
          element("h2", { id: "timeline" }, "Timeline"),
          element(
            "p",
            { class: "legend" },
            element("span", { class: "key waiting", "aria-hidden": "true" }),
            " waiting ",
            element("span", { class: "key working", "aria-hidden": "true" }),
            " working ",
            element("label", {}, element("input", { type: "checkbox", checked: earlier ? "" : null, "data-action": "earlier" }), " earlier runs"),
          ),
          bars(moment, earlier),
        )
      : null,
    provenance(moment),
    releases(moment),
    element("footer", { class: "note" }, `Made by pkgops ${about.version}. Times are UTC, of whole seconds, as the objects tell them.`),
  );
}

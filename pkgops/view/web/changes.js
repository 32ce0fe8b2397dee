// The changes of a page, where they are enabled: the plan, its confirmation, and the result. Pure.
import { badge, element } from "./text.js";

// Buttons first request a plan from the server.
export function changeButton(label, wanted, name) {
  return element("button", { type: "button", "aria-label": name || label, "data-action": "plan", "data-value": JSON.stringify(wanted) }, label);
}

function command(text) {
  return element("p", {}, "The same as ", element("code", {}, text), " ", element("button", { type: "button", "data-action": "copy", "data-value": text }, "Copy"));
}

function refusal(error) {
  return element("div", { role: "alert" }, [error.what, error.why, error.next ? `next: ${error.next}` : ""].filter(Boolean).map((text) => element("p", {}, text)));
}

function planned(change) {
  if (change.state === "planning") return element("p", {}, "Looking at what would be changed…");
  if (change.state === "refused") return [refusal(change.error), element("button", { type: "button", "data-action": "dismiss" }, "Close")];
  const plan = change.plan;
  return [
    element("h3", {}, plan.question),
    element("pre", { tabindex: "0", "aria-label": "What would be changed" }, plan.text),
    command(plan.command),
    plan.refused ? element("p", { role: "alert" }, plan.refused) : element("button", { type: "button", class: "primary", "data-action": "run" }, "Yes, do this"),
    " ",
    element("button", { type: "button", "data-action": "dismiss" }, plan.refused ? "Close" : "No, change nothing"),
  ];
}

function carriedOut(doing) {
  return [
    element("p", {}, badge(doing.state), " ", element("code", {}, doing.command)),
    doing.notes.length ? element("ul", {}, doing.notes.map((note) => element("li", {}, note))) : null,
    doing.text ? element("pre", { tabindex: "0", "aria-label": "What was changed" }, doing.text) : null,
    doing.error ? refusal(doing.error) : null,
  ];
}

// The plan that is shown here, and the change that runs for any viewer.
export function changing(change, doing) {
  if (!change && !doing) return null;
  return element(
    "section",
    { class: "changing", "aria-labelledby": "changing", "aria-live": "polite" },
    element("h2", { id: "changing", tabindex: "-1" }, "Change"),
    change ? element("div", { class: "details" }, planned(change)) : null,
    doing ? element("div", { class: "details" }, carriedOut(doing)) : null,
  );
}

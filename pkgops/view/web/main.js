// The page's state, what a person does to it, and drawing it again.
import { build, patch } from "./dom.js";
import { page } from "./view.js";
import { placeAt, unpacked } from "./window.js";

const given = JSON.parse(document.getElementById("data").textContent);
const root = document.getElementById("page");
const state = { about: given, moments: unpacked(given), place: 0, seconds: 0, selected: "", width: 0, earlier: false, notice: "" };
let drawn = null;
let shown = null;

function draw() {
  state.width = Math.max(280, Math.floor(root.clientWidth));
  const next = page(state);
  if (shown === null) {
    shown = build(next);
    root.append(shown);
  } else {
    shown = patch(shown, drawn, next);
  }
  drawn = next;
}

function seek(seconds) {
  state.seconds = seconds;
  state.place = placeAt(state.moments, seconds);
  draw();
}

function step(by) {
  const place = Math.min(Math.max(state.place + by, 0), state.moments.length - 1);
  state.place = place;
  state.seconds = state.moments[place].t;
  draw();
}

async function copy(command) {
  try {
    await navigator.clipboard.writeText(command);
    state.notice = "Copied.";
  } catch {
    state.notice = "The browser does not allow copying here; select the command instead.";
  }
  draw();
}

const ACTIONS = {
  select: (value) => {
    state.selected = value;
    draw();
  },
  copy,
  previous: () => step(-1),
  next: () => step(1),
  earlier: () => {
    state.earlier = !state.earlier;
    draw();
  },
};

function actionOf(event) {
  const found = event.target.closest("[data-action]");
  return found && ACTIONS[found.dataset.action] ? [ACTIONS[found.dataset.action], found.dataset.value] : null;
}

root.addEventListener("click", (event) => {
  const found = actionOf(event);
  if (found) found[0](found[1]);
});
root.addEventListener("keydown", (event) => {
  const found = event.target.getAttribute("role") === "button" && ["Enter", " "].includes(event.key) ? actionOf(event) : null;
  if (!found) return;
  event.preventDefault();
  found[0](found[1]);
});
root.addEventListener("input", (event) => {
  if (event.target.dataset.action === "seek") seek(Number(event.target.value));
});
new ResizeObserver(() => {
  if (Math.floor(root.clientWidth) !== state.width) draw();
}).observe(root);

// A page that is served is told what changes; the browser connects again by itself.
function listen(events) {
  const source = new EventSource(events);
  source.onmessage = (message) => {
    state.moments = unpacked(JSON.parse(message.data));
    state.place = state.moments.length - 1;
    state.notice = "";
    draw();
  };
  source.onerror = () => {
    state.notice = "The connection to pkgops is lost: this is what was known last. Trying again.";
    draw();
  };
}

seek(given.length);
if (given.events) listen(given.events);

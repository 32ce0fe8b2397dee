// The page's state, its changes by the user, and rendering.
import { build, patch } from "./dom.js";
import { begun, followed, kept } from "./logs.js";
import { stream } from "./stream.js";
import { firstLook, page } from "./view.js";
import { placeAt, unpacked } from "./window.js";
import { rowsAfter, workloads } from "./workloads.js";

const given = JSON.parse(document.getElementById("data").textContent);
const root = document.getElementById("page");
const state = { about: given, moments: given.workloads ? [] : unpacked(given), rows: new Map(), verdict: "", first: 0, place: 0, seconds: 0, selected: "", width: 0, earlier: false, notice: "", log: null, search: "", change: null, wanted: "", doing: given.doing || null };
let unfollow = () => {};
let drawn = null;
let shown = null;

function draw() {
  state.width = Math.max(280, Math.floor(root.clientWidth));
  const next = given.workloads ? workloads(state) : page(state);
  const box = root.querySelector("pre.lines");
  const atEnd = !box || box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  if (shown === null) {
    shown = build(next);
    root.append(shown);
  } else {
    shown = patch(shown, drawn, next);
  }
  drawn = next;
  // A log that is scrolled to its end follows new lines; one that is scrolled back stays there.
  const lines = root.querySelector("pre.lines");
  if (lines && atEnd) lines.scrollTop = lines.scrollHeight;
}

// Follow the log of a container, instead of the one that was followed before.
function follow(key) {
  unfollow();
  unfollow = () => {};
  if (!given.events) {
    state.log = kept(state.moments[state.place], key);
    draw();
    return;
  }
  state.log = begun(key);
  const [namespace, pod, container] = key.split("/");
  const end = stream(`logs?${new URLSearchParams({ namespace, pod, container })}`, (message) => {
    state.log = followed(state.log, message);
    if (state.log.ended) end();
    draw();
  }, () => {
    state.log = { ...state.log, problem: "The connection to pkgops is lost. Trying again." };
    draw();
  });
  unfollow = end;
  draw();
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

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(`changes/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    const told = await answer.json();
    return answer.ok ? told : { error: told };
  } catch (error) {
    return { error: { what: "pkgops gave no answer, so whether anything was changed is unknown", why: String(error) } };
  }
}

// First a plan is requested; then, when the user confirms, exactly that is done.
async function plan(wanted) {
  state.change = { state: "planning" };
  state.wanted = wanted;
  draw();
  const told = await post("plan", JSON.parse(wanted));
  state.change = told.error ? { state: "refused", error: told.error } : { state: "planned", plan: told };
  draw();
  lookAtChange();
}

// The pressed button may no longer exist; the result is read next.
function lookAtChange() {
  root.querySelector("#changing")?.focus();
}

async function run() {
  const { id, command } = state.change.plan;
  state.change = { state: "planning" };
  draw();
  const told = await post("run", { id });
  state.change = told.error ? { state: "refused", error: told.error } : null;
  // The response may arrive before the first event about it.
  if (!told.error && state.doing?.id !== id) state.doing = { id, command, state: "working", notes: [], text: "", error: null };
  draw();
  lookAtChange();
}

const ACTIONS = {
  plan,
  run,
  dismiss: () => {
    state.change = null;
    draw();
    [...root.querySelectorAll("[data-action=plan]")].find((one) => one.dataset.value === state.wanted)?.focus();
  },
  select: (value) => {
    state.selected = value;
    draw();
  },
  copy,
  log: (value) => {
    // The scroll position stays when the run continues with another stage.
    state.selected ||= firstLook(state.moments[state.place]);
    follow(value);
  },
  verdict: (value) => {
    state.verdict = state.verdict === value ? "" : value;
    state.first = 0;
    draw();
  },
  turn: (value) => {
    state.first = Math.max(0, state.first + Number(value));
    draw();
    root.querySelector(".scroll").scrollTop = 0;
    root.querySelector("h1").scrollIntoView();
  },
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
  if (event.target.dataset.action === "search") {
    state.search = event.target.value;
    state.first = 0;
    draw();
  }
});
new ResizeObserver(() => {
  if (Math.floor(root.clientWidth) !== state.width) draw();
}).observe(root);

// A served page receives changes.
function listen(events) {
  stream(events, (told) => {
    if (given.workloads) {
      state.rows = rowsAfter(state.rows, told);
    } else {
      state.moments = unpacked(told);
      state.doing = told.doing || null;
      state.place = state.moments.length - 1;
    }
    state.notice = "";
    draw();
  }, () => {
    state.notice = "The connection to pkgops is lost: this is what was known last. Trying again.";
    draw();
  });
}

if (given.workloads) {
  state.rows = rowsAfter(state.rows, { whole: true, rows: given.workloads, gone: [] });
  draw();
} else {
  seek(given.length);
}
if (given.events) listen(given.events);

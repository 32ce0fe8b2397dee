// The supply chain and the deliveries as a graph: a row for each part where there is room, else one column. Pure.
import { MARKS, about, duration, element, secondsBetween, shortened, stateOf } from "./text.js";
import { endOf } from "./window.js";

const NODE = { height: 62, gap: 26, least: 132, most: 230 };
// Space at the left for the lines from the supply chain to its deliveries, and for the strokes of the outer nodes.
const LEFT = 18;
const RIGHT = 3;
const HEADING = 24;
const CHARACTER = 7.2;
// Where there is more space than the widest nodes need, the graph is scaled up, to the size of the text around it.
const LARGEST = 1.4;

// The column of each stage: the stages of its inputs are to its left.
export function depths(stages) {
  const known = new Map(stages.map((stage) => [stage.name, stage]));
  const found = new Map();
  const depth = (name, path) => {
    if (found.has(name)) return found.get(name);
    const inputs = known.get(name).inputs.filter((input) => known.has(input) && !path.includes(input));
    const value = inputs.length ? 1 + Math.max(...inputs.map((input) => depth(input, [...path, name]))) : 0;
    found.set(name, value);
    return value;
  };
  for (const stage of stages) depth(stage.name, [stage.name]);
  return found;
}

export function partsOf(stages) {
  const names = [...new Set(stages.map((stage) => stage.part))];
  return names.map((name) => ({ name, stages: stages.filter((stage) => stage.part === name) }));
}

function columnsOf(parts) {
  return Math.max(1, ...parts.map((part) => 1 + Math.max(...depths(part.stages).values())));
}

function scaleOf(moment, width) {
  const columns = columnsOf(partsOf(moment.stages));
  const widest = LEFT + RIGHT + columns * NODE.most + (columns - 1) * NODE.gap;
  return Math.min(Math.max(width / widest, 1), LARGEST);
}

// Positions of nodes and ends of edges for a width in pixels.
export function layout(moment, width) {
  const parts = partsOf(moment.stages);
  const columns = columnsOf(parts);
  const inner = width - LEFT - RIGHT;
  const room = (inner - (columns - 1) * NODE.gap) / columns;
  const wide = room >= NODE.least;
  const nodeWidth = wide ? Math.min(room, NODE.most) : inner;
  const nodes = [];
  const headings = [];
  let top = 0;
  for (const part of parts) {
    headings.push({ y: top + 15, text: part.name === "supply-chain" ? "Supply chain" : `Delivery to ${part.name}` });
    top += HEADING;
    const depth = depths(part.stages);
    const rows = new Map();
    for (const stage of part.stages) {
      const column = wide ? depth.get(stage.name) : 0;
      const row = rows.get(column) || 0;
      rows.set(column, row + 1);
      nodes.push({ stage, x: LEFT + column * (nodeWidth + NODE.gap), y: top + row * (NODE.height + 14), width: nodeWidth, height: NODE.height });
    }
    top += Math.max(...rows.values()) * (NODE.height + 14) + 10;
  }
  return { width, height: top, wide, nodes, headings, edges: edgesOf(nodes, parts) };
}

function edgesOf(nodes, parts) {
  const byKey = new Map(nodes.map((node) => [`${node.stage.part}/${node.stage.name}`, node]));
  const edges = [];
  for (const node of nodes) {
    for (const input of node.stage.inputs) {
      const from = byKey.get(`${node.stage.part}/${input}`);
      if (from) edges.push({ from, to: node });
    }
  }
  const chain = parts.find((part) => part.name === "supply-chain");
  const last = chain && byKey.get(`supply-chain/${chain.stages[chain.stages.length - 1].name}`);
  for (const part of parts) {
    const first = byKey.get(`${part.name}/${part.stages[0].name}`);
    if (last && part !== chain) edges.push({ from: last, to: first, delivers: true });
  }
  return edges;
}

function path({ from, to, delivers }, wide) {
  const bottom = from.y + from.height;
  if (delivers) {
    const middle = to.y + to.height / 2;
    return `M${from.x + 20} ${bottom}v6H6V${middle}H${to.x}`;
  }
  if (!wide) return `M${from.x + from.width / 2} ${bottom}V${to.y}`;
  const middle = (from.x + from.width + to.x) / 2;
  return `M${from.x + from.width} ${from.y + from.height / 2}H${middle}V${to.y + to.height / 2}H${to.x}`;
}

// The duration of a stage: of its newest run, which the timeline shows too. Conditions contain only since
// when a stage waits or works; of a stage that is done they contain when that was found, not how long it took.
function tookOf(stage, moment) {
  const times = moment.times.find((one) => one.part === stage.part && one.name === stage.name);
  const spans = times && !times.still && times.runs.length ? times.runs[0].spans : [];
  if (spans.length) return (endOf(spans[spans.length - 1], moment.takenAt) - Date.parse(spans[0].begin)) / 1000;
  return stage.until || stage.still ? null : secondsBetween(stage.since, moment.takenAt);
}

function node(place, moment, selected) {
  const { stage } = place;
  const state = stateOf(stage);
  const long = duration(tookOf(stage, moment));
  const said = about(stage) || "";
  const letters = Math.floor((place.width - 20) / CHARACTER);
  const key = `${stage.part}/${stage.name}`;
  const carried = stage.still ? "older" : "current";
  return element(
    "g",
    {
      class: `node ${state} ${carried}`,
      transform: `translate(${place.x} ${place.y})`,
      role: "button",
      tabindex: "0",
      "aria-pressed": String(selected === key),
      "aria-label": [stage.part, stage.title, state, long, said].filter(Boolean).join(", "),
      "data-action": "select",
      "data-value": key,
    },
    element("title", {}, [stage.title, said].filter(Boolean).join(": ")),
    element("rect", { width: place.width, height: place.height, rx: 7 }),
    element("text", { x: 10, y: 19, class: "title" }, shortened(stage.title, letters)),
    element("text", { x: 10, y: 37, class: "said" }, `${MARKS[state]} ${[state, long].filter(Boolean).join(" ")}`),
    element("text", { x: 10, y: 54, class: "detail" }, shortened(said, letters)),
  );
}

export function graph(moment, width, selected) {
  const scale = scaleOf(moment, width);
  const placed = layout(moment, width / scale);
  return element(
    "svg",
    { class: "graph", viewBox: `0 0 ${placed.width} ${placed.height}`, width: placed.width * scale, height: placed.height * scale, role: "group", "aria-label": "Stages of the pipeline" },
    element("g", {}, placed.headings.map((one) => element("text", { class: "part", x: LEFT, y: one.y }, one.text))),
    element("g", {}, placed.edges.map((edge) => element("path", { class: edge.to.stage.still ? "edge older" : "edge current", d: path(edge, placed.wide) }))),
    placed.nodes.map((place) => node(place, moment, selected)),
  );
}

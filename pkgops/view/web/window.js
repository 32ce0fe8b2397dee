// The time range of the bars, and the moments of a recording. Pure.

// A report keeps equal items of its moments once, in its pool.
export function unpacked(data) {
  const pooled = ["stages", "times", "environments", "blockages", "unreadable", "trace", "history", "gates", "logs"];
  return data.moments.map((moment) => {
    const whole = { ...moment };
    for (const key of pooled) whole[key] = moment[key].map((place) => data.pool[place]);
    return whole;
  });
}

// The index of the last moment at or before a time; else of the first one.
export function placeAt(moments, seconds) {
  let place = 0;
  for (let next = 0; next < moments.length && moments[next].t <= seconds; next += 1) place = next;
  return place;
}

export function spansOf(stages) {
  return stages.flatMap((stage) => stage.runs.slice(0, 1).flatMap((run) => run.spans));
}

// From the first to the last span of the stages that work for the followed commit; else of all.
export function windowOf(moment) {
  const followed = spansOf(moment.times.filter((stage) => !stage.still));
  const spans = followed.length ? followed : spansOf(moment.times);
  if (!spans.length) return null;
  const begin = Math.min(...spans.map((span) => Date.parse(span.begin)));
  const end = Math.max(...spans.map((span) => endOf(span, moment.takenAt)));
  return { begin, end: Math.max(end, begin + 1000) };
}

export function endOf(span, now) {
  return span.end ? Date.parse(span.end) : Math.max(Date.parse(now), Date.parse(span.begin));
}

export function share(window, time) {
  return Math.min(Math.max((time - window.begin) / (window.end - window.begin), 0), 1);
}

export function spent(spans, phase, now) {
  const found = spans.filter((span) => span.phase === phase);
  if (!found.length) return null;
  return found.reduce((sum, span) => sum + endOf(span, now) - Date.parse(span.begin), 0) / 1000;
}

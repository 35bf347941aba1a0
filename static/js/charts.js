// The overview's time series. Data is the page's own JSON, colours are its CSS variables.

const GRID_FONT = "12px Inter, system-ui, sans-serif";
const TARGETS_MS = [500, 2000];
const SI = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function color(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function trim(number, digits) {
  return String(Number(number.toFixed(digits)));
}

function tokens(value) {
  const [size, unit] = SI.find(([step]) => Math.abs(value) >= step) ?? [1, ""];
  return trim(value / size, Math.abs(value / size) < 10 && unit ? 2 : 1) + unit;
}

function money(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (!size) return "$0.00";
  if (size < 0.00005) return `${sign}<$0.0001`;
  return `${sign}$${size.toFixed(size < 1 ? 4 : 2)}`;
}

function time(value) {
  return value < 1000 ? `${trim(value, value < 10 ? 1 : 0)} ms` : `${trim(value / 1000, 2)} s`;
}

function axisMoney(value) {
  return value ? `${value < 0 ? "−" : ""}$${trim(Math.abs(value), 4)}` : "$0";
}

function hatched(u) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6 * devicePixelRatio;
  const context = tile.getContext("2d");
  context.strokeStyle = color("danger");
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  context.moveTo(0, tile.height);
  context.lineTo(tile.width, 0);
  context.stroke();
  return u.ctx.createPattern(tile, "repeat");
}

const steps = () => uPlot.paths.stepped({ align: 1 });

const CHARTS = {
  tokens: {
    columns: ["before", "sent"],
    write: tokens,
    axis: tokens,
    series: () => [
      { stroke: color("edge"), width: 1, paths: steps() },
      { stroke: color("rewritten"), width: 1.5, fill: color("rewritten-wash"), paths: steps() },
    ],
    say: (value) => [["Before", "k-before", value("before")], ["Sent", "k-sent", value("sent")]],
  },
  money: {
    columns: ["gross", "net", "gain", "loss"],
    write: money,
    axis: axisMoney,
    series: () => [
      { stroke: color("edge"), width: 1, paths: steps() },
      { stroke: color("saved"), width: 1.5, paths: steps() },
      { stroke: "transparent", width: 0, paths: steps(), fill: color("saved-wash") },
      { stroke: "transparent", width: 0, paths: steps(), fill: hatched },
    ],
    say: (value) => [["Gross", "k-gross", value("gross")], ["Net", "k-net", value("net")]],
  },
  latency: {
    columns: ["p50", "p95", "p99"],
    write: time,
    axis: time,
    series: () => [
      { stroke: color("ink"), width: 2.5, points: { show: alone, size: 5, fill: color("ink") } },
      { stroke: color("ink-2"), width: 1, points: { show: alone, size: 5 } },
      { stroke: color("ink-3"), width: 1, dash: [4, 4], points: { show: alone, size: 4 } },
    ],
    say: (value) => [["P50", "", value("p50")], ["P95", "", value("p95")], ["P99", "", value("p99")]],
    labels: ["P50", "P95", "P99"],
    targets: TARGETS_MS,
  },
};

// A value between two gaps would draw no line: it is drawn as a dot.
function alone(u, series) {
  const data = u.data[series];
  const found = [];
  for (let i = 0; i < data.length; i++) {
    if (data[i] != null && data[i - 1] == null && data[i + 1] == null) found.push(i);
  }
  return found.length > 0 && { show: true, indices: found };
}

function onlyAlone(u, series, show) {
  return show ? alone(u, series).indices ?? [] : [];
}

function endLabels(u, names) {
  const { ctx, bbox } = u;
  const places = names.map((name, index) => {
    const data = u.data[index + 1];
    let last = data.length - 1;
    while (last >= 0 && data[last] == null) last--;
    return last < 0 ? null : { name, y: u.valToPos(data[last], "y", true) };
  }).filter(Boolean).sort((a, b) => b.y - a.y);
  ctx.save();
  ctx.font = `${12 * devicePixelRatio}px Inter, system-ui, sans-serif`;
  ctx.fillStyle = color("ink-2");
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  let ceiling = Infinity;
  for (const place of places) {
    const y = Math.min(place.y, ceiling);
    ctx.fillText(place.name, bbox.left + bbox.width + 6 * devicePixelRatio, y);
    ceiling = y - 14 * devicePixelRatio;
  }
  ctx.restore();
}

function dottedLine(u, x1, y1, x2, y2) {
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = color("edge");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
  ctx.restore();
}

function decorate(u, chart) {
  const { left, top, width, height } = u.bbox;
  for (const target of chart.targets ?? []) {
    if (target < u.scales.y.max) {
      const y = u.valToPos(target, "y", true);
      dottedLine(u, left, y, left + width, y);
    }
  }
  const x = u.valToPos(u.data[0].at(-2), "x", true);
  dottedLine(u, x, top, x, top + height);
  if (chart.labels) endLabels(u, chart.labels);
}

function clock(zone, long) {
  const options = long ? { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } : {};
  return new Intl.DateTimeFormat("en-GB", { ...options, hourCycle: "h23", timeZone: zone });
}

function plotOf(figure) {
  const chart = CHARTS[figure.dataset.chart];
  const holder = figure.querySelector(".plot");
  if (!holder) return null;
  const { zone } = figure.dataset;
  const long = clock(zone, true);
  const axis = { stroke: color("ink-3"), font: GRID_FONT, ticks: { show: false }, grid: { stroke: color("line"), width: 1 } };
  const readout = figure.querySelector("[data-readout]");

  function say(u) {
    const at = u.cursor.idx;
    if (at == null) {
      if (readout.dataset.still) { readout.innerHTML = readout.dataset.still; delete readout.dataset.still; }
      return;
    }
    readout.dataset.still ||= readout.innerHTML;
    const value = (name) => {
      const found = u.data[chart.columns.indexOf(name) + 1][at];
      return found == null ? "–" : chart.write(found);
    };
    const when = document.createElement("span");
    const last = at >= u.data[0].length - 2 ? ", so far" : "";
    when.textContent = `${long.format(u.data[0][at] * 1000)} ${zone}${last}`;
    const parts = chart.say(value).map(([name, key, text]) => {
      const part = document.createElement("span");
      if (key) part.className = `key ${key}`;
      const number = document.createElement("b");
      number.textContent = text;
      part.append(`${name} `, number);
      return part;
    });
    readout.replaceChildren(when, ...parts);
  }

  const plot = new uPlot({
    width: holder.clientWidth,
    height: holder.clientHeight,
    tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), zone),
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { setScale: false } },
    padding: [8, chart.labels ? 36 : 20, 0, 0],
    scales: { y: { range: (u, low, high) => yRange(low, high) } },
    series: [{}, ...chart.series().map((line) => ({ spanGaps: false, points: { show: false }, ...line, ...(line.points && { points: { ...line.points, show: true, filter: onlyAlone } }) }))],
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 72, values: axisTimes },
      { ...axis, size: labelWidth, space: 36, gap: 8, values: (u, marks) => marks.map(chart.axis) },
    ],
    hooks: { draw: [(u) => decorate(u, chart)], setCursor: [say] },
  }, columns(chart), holder);
  new ResizeObserver(() => plot.setSize({ width: holder.clientWidth, height: holder.clientHeight })).observe(holder);
  return { chart, plot };
}

// The axis is as wide as its longest label, so that labels begin where the caption does.
function labelWidth(u, marks) {
  if (!marks) return 40;
  u.ctx.font = u.axes[1].font[0];
  return Math.ceil(Math.max(...marks.map((mark) => u.ctx.measureText(mark).width)) / devicePixelRatio) + 10;
}

function yRange(low, high) {
  if (low == null || (low >= 0 && high <= 0)) return [0, 1];
  const room = (Math.max(high, 0) - Math.min(low, 0)) * 0.12;
  return [low < 0 ? low - room : 0, high > 0 ? high + room : 0];
}

const axisTimes = [
  [86400, "{D} {MMM}", null, null, null, null, null, null, 0],
  [60, "{HH}:{mm}", "{D} {MMM}", null, "{D} {MMM}", null, null, null, 0],
];

// Net under 0 is a series of its own, hatched. A step needs an end: the last bucket's, still filling.
function columns(chart) {
  const data = JSON.parse(document.querySelector("#tokens script").textContent);
  data.gain = data.net.map((net) => Math.max(net, 0));
  data.loss = data.net.map((net) => Math.min(net, 0));
  const starts = [...data.start, data.start.at(-1) + data.step];
  return [starts, ...chart.columns.map((name) => [...data[name], chart.labels ? null : data[name].at(-1)])];
}

let plots = new Map();

function draw() {
  for (const [figure, { plot }] of plots) {
    if (!figure.isConnected) { plot.destroy(); plots.delete(figure); }
  }
  for (const figure of document.querySelectorAll("figure[data-chart]")) {
    const known = plots.get(figure);
    if (known) known.plot.setData(columns(known.chart));
    else {
      const made = plotOf(figure);
      if (made) plots.set(figure, made);
    }
  }
}

function redraw() {
  for (const { plot } of plots.values()) plot.destroy();
  plots = new Map();
  draw();
}

await document.fonts.ready;
draw();
document.body.addEventListener("htmx:after:swap", draw);
for (const media of ["(prefers-color-scheme: dark)", "print"]) {
  matchMedia(media).addEventListener("change", redraw);
}

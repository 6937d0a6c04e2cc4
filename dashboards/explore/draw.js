// Numbers, lines, bars, heat maps and tables as SVG and HTML; no library.
const COLOURS = ['#1a6fb0', '#e07b39', '#2f9e76', '#b0457b', '#8a6fd1', '#c2a21c', '#5aa9d6', '#7a5c42', '#8c949e', '#d1495b'];
const SVG = 'http://www.w3.org/2000/svg';
const WIDE = 640, HIGH = 280;

function node(parent, name, attributes, text) {
  const made = parent.appendChild(document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

export function written(value, unit) {
  if (value === null) return '';
  if (typeof value !== 'number') return String(value);
  if (unit === 'fraction') return `${(100 * value).toFixed(1)} %`;
  const digits = { dollars: 0, 'whole number': 0, 'basis points': 1 }[unit] ?? (!unit && Number.isInteger(value) ? 0 : 2);
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function short(value) {
  const size = Math.abs(value);
  if (size >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${+(value / 1e3).toFixed(0)}k`;
  return String(+value.toFixed(2));
}

function steps(low, high) {
  const raw = (high - low) / 4 || 1, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 2.5, 5, 10].find(n => n * power >= raw);
  const found = [];
  for (let at = Math.floor(low / step) * step; at < high + step; at += step) found.push(at);
  return found;
}

export function table(place, names, data, units = []) {
  place.innerHTML = '<div class="scroll"><table><thead><tr></tr></thead><tbody></tbody></table></div>';
  const isNumber = names.map((_, i) => data.some(row => typeof row[i] === 'number'));
  const row = (to, kind, values) => values.forEach((value, i) => {
    const cell = to.appendChild(document.createElement(kind));
    cell.textContent = value;
    if (isNumber[i]) cell.className = 'n';
  });
  row(place.querySelector('thead tr'), 'th', names);
  for (const values of data) row(place.querySelector('tbody').insertRow(), 'td', values.map((v, i) => written(v, units[i])));
}

function legend(place, names) {
  const list = place.appendChild(document.createElement('div'));
  list.className = 'legend';
  names.forEach((name, i) => {
    const item = list.appendChild(document.createElement('span'));
    item.innerHTML = `<i style="background:${COLOURS[i % COLOURS.length]}"></i>`;
    item.append(name);
  });
}

function series(chart, answer) {
  // One series for each value of `by`, or for each measure.
  const keys = [], found = new Map(), by = chart.by.length, first = (chart.x ? 1 : 0) + by;
  for (const row of answer.data) {
    if (!keys.includes(row[0])) keys.push(row[0]);
    chart.metrics.forEach((metric, m) => {
      const name = by ? row.slice(1, 1 + by).join(' ') : metric.label;
      if (!found.has(name)) found.set(name, new Map());
      if (row[first + m] !== null) found.get(name).set(row[0], row[first + m]);
    });
  }
  return { keys, series: [...found].filter(([, values]) => values.size) };
}

function frame(place, low, high, keys, centre, tilt) {
  const bottom = tilt ? 130 : 24, tall = tilt ? HIGH + 60 : HIGH;
  const svg = node(place, 'svg', { viewBox: `0 0 ${WIDE} ${tall}`, role: 'img' });
  const ticks = steps(low, high);
  const y = v => tall - bottom - (v - ticks[0]) / (ticks.at(-1) - ticks[0]) * (tall - bottom - 10);
  const dates = typeof keys[0] === 'string' && /^\d{4}-\d\d-\d\d$/.test(keys[0]);
  const at = dates ? keys.map(Date.parse) : keys.map((_, i) => i);
  const span = (at.at(-1) - at[0]) || 1, start = tilt ? 84 : 48;
  const edge = centre ? (WIDE - start - 12) / keys.length / 2 : 0;
  const x = i => start + edge + (at[i] - at[0]) / span * (WIDE - start - 12 - 2 * edge);
  for (const tick of ticks) {
    node(svg, 'line', { x1: start, x2: WIDE - 12, y1: y(tick), y2: y(tick), class: 'grid' });
    node(svg, 'text', { x: start - 4, y: y(tick) + 4, 'text-anchor': 'end' }, short(tick));
  }
  let last = -100;
  keys.forEach((key, i) => {
    const label = dates ? key.slice(0, 4) : String(key);
    if (dates && i && keys[i - 1].slice(0, 4) === label) return;
    if (x(i) - last < (tilt ? 12 : 34)) return;
    last = x(i);
    const turned = tilt ? { transform: `rotate(-40 ${x(i)} ${tall - bottom + 12})`, 'text-anchor': 'end' } : { 'text-anchor': 'middle' };
    node(svg, 'text', { x: x(i), y: tall - bottom + (tilt ? 12 : 16), ...turned }, label);
  });
  return { svg, x, y };
}

function line(place, chart, answer) {
  const { keys, series: drawn } = series(chart, answer);
  const values = drawn.flatMap(([, points]) => [...points.values()]);
  if (chart.by.length || chart.metrics.length > 1) legend(place, drawn.map(([name]) => name));
  const { svg, x, y } = frame(place, Math.min(...values), Math.max(...values), keys, false, false);
  drawn.forEach(([name, points], i) => {
    let path = '';
    keys.forEach((key, k) => { if (points.has(key)) path += `${path ? 'L' : 'M'}${x(k).toFixed(1)} ${y(points.get(key)).toFixed(1)}`; });
    const mark = node(svg, 'path', { d: path, fill: 'none', stroke: COLOURS[i % COLOURS.length], 'stroke-width': 1.6, class: 'mark',
      'stroke-dasharray': i < COLOURS.length ? 'none' : '5 3' });
    node(mark, 'title', {}, name);
  });
  const note = node(svg, 'text', { x: WIDE - 14, y: 20, 'text-anchor': 'end' });
  svg.onmousemove = event => {
    const box = svg.getBoundingClientRect(), here = (event.clientX - box.left) / box.width * WIDE;
    const k = keys.reduce((best, _, i) => Math.abs(x(i) - here) < Math.abs(x(best) - here) ? i : best, 0);
    const said = drawn.filter(([, p]) => p.has(keys[k])).map(([name, p]) => `${name} ${written(p.get(keys[k]), chart.metrics[0].unit)}`);
    note.textContent = `${keys[k]}: ${said.slice(0, 4).join(', ')}`;
  };
  svg.onmouseleave = () => { note.textContent = ''; };
}

function bar(place, chart, answer) {
  const { keys, series: drawn } = series(chart, answer);
  const stacked = Boolean(chart.grain);
  if (drawn.length > 1) legend(place, drawn.map(([name]) => name));
  const sums = keys.flatMap(key => [1, -1].map(sign =>
    drawn.reduce((sum, [, p]) => stacked ? sum + Math.max(0, sign * (p.get(key) ?? 0)) : Math.max(sum, sign * (p.get(key) ?? 0)), 0) * sign));
  const { svg, x, y } = frame(place, Math.min(0, ...sums), Math.max(0, ...sums), keys, true, !stacked);
  const room = (WIDE - (stacked ? 60 : 96)) / keys.length * 0.76, width = stacked ? room : room / drawn.length;
  keys.forEach((key, k) => {
    const base = { 1: 0, [-1]: 0 };
    drawn.forEach(([name, points], i) => {
      const value = points.get(key);
      if (value === undefined) return;
      const sign = value < 0 ? -1 : 1, from = stacked ? base[sign] : 0;
      base[sign] += value;
      const top = y(Math.max(from, from + value)), left = x(k) - room / 2 + (stacked ? 0 : i * width);
      const mark = node(svg, 'rect', { x: left, y: top, width, height: Math.abs(y(from) - y(from + value)), fill: COLOURS[i % COLOURS.length], class: 'mark' });
      node(mark, 'title', {}, `${key}, ${name}: ${written(value, chart.metrics[0].unit)}`);
    });
  });
}

function heat(place, chart, answer) {
  const across = [...new Set(answer.data.map(row => row[0]))].sort(), down = [...new Set(answer.data.map(row => row[1]))].sort();
  const most = Math.max(...answer.data.map(row => Math.abs(row[2] ?? 0))) || 1;
  const left = 190, high = 15, tilt = !chart.grain, bottom = tilt ? 90 : 22, width = (WIDE - left - 8) / across.length;
  const svg = node(place, 'svg', { viewBox: `0 0 ${WIDE} ${down.length * high + bottom}`, role: 'img' });
  down.forEach((name, r) => node(svg, 'text', { x: left - 6, y: r * high + 11, 'text-anchor': 'end' }, name));
  across.forEach((name, c) => {
    const at = left + (c + 0.5) * width, y = down.length * high + 13;
    const turned = tilt ? { transform: `rotate(-40 ${at} ${y})`, 'text-anchor': 'end' } : { 'text-anchor': 'middle' };
    node(svg, 'text', { x: at, y, ...turned }, chart.grain === 'year' ? name.slice(0, 4) : name);
  });
  for (const [x, y, value] of answer.data) {
    if (value === null) continue;
    const mark = node(svg, 'rect', {
      x: left + across.indexOf(x) * width, y: down.indexOf(y) * high, width: width - 1, height: high - 1, class: 'mark',
      fill: value < 0 ? '#d1495b' : '#1a6fb0', 'fill-opacity': Math.max(0.04, Math.sqrt(Math.abs(value) / most)).toFixed(3),
    });
    node(mark, 'title', {}, `${y}, ${chart.grain === 'year' ? x.slice(0, 4) : x}: ${written(value, chart.metrics[0].unit)}`);
  }
}

function number(place, chart, answer) {
  const [x, value] = answer.data.filter(row => row[1] !== null).at(-1);
  const said = place.appendChild(document.createElement('div'));
  said.className = 'number mark';
  said.textContent = written(value, chart.metrics[0].unit);
  const unit = place.appendChild(document.createElement('p'));
  unit.className = 'text';
  unit.textContent = `${chart.metrics[0].unit}, ${x}`;
}

export function draw(place, chart, answer) {
  if (!answer.data.length) { place.textContent = 'Nothing to show.'; return; }
  const units = answer.names.map(name => chart.metrics.find(metric => metric.name === name)?.unit);
  const labels = answer.names.map(name => chart.metrics.find(metric => metric.name === name)?.label ?? name);
  const kinds = { number, line, bar, heat, table: () => table(place, labels, answer.data, units) };
  kinds[chart.kind](place, chart, answer);
}

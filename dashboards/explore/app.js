// The release in the browser: DuckDB-Wasm opens it, the dashboards' queries run on it, and so does any SQL.
import * as duckdb from '@duckdb/duckdb-wasm';
import { draw, table } from './draw.js';

const $ = id => document.getElementById(id);
const home = new URL('./', location.href).href;
const began = performance.now();
const report = { start_ms: 0, tiles: {}, errors: [] };
window.report = report;  // what the test reads

async function opened() {
  // A worker from a blob is under the policy of the page, one from a file is not.
  const code = new Blob([`importScripts(${JSON.stringify(home + 'duckdb-browser-eh.worker.js')});`], { type: 'text/javascript' });
  const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker(URL.createObjectURL(code)));
  await db.instantiate(home + 'duckdb-eh.wasm');
  await db.registerFileURL('release.duckdb', home + 'release.duckdb', duckdb.DuckDBDataProtocol.HTTP, false);
  await db.open({ path: ':memory:', query: { castBigIntToDouble: true, castDecimalToDouble: true } });
  const con = await db.connect();
  await con.query("attach 'release.duckdb' as parspread (read_only)");
  await con.query('use parspread');
  await con.query('set autoinstall_known_extensions = false; set autoload_known_extensions = false; '
    + 'set enable_external_access = false; set lock_configuration = true');
  return con;
}

function plain(value, type) {
  if (value === null || value === undefined) return null;
  if (type.startsWith('Date')) return new Date(value).toISOString().slice(0, 10);
  if (type.startsWith('Timestamp')) return new Date(value).toISOString().replace('T', ' ').slice(0, 19);
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'object' ? String(value) : value;
}

async function rows(con, sql) {
  const start = performance.now();
  const answer = await con.query(sql);
  const ms = performance.now() - start;
  const names = answer.schema.fields.map(field => field.name);
  const types = answer.schema.fields.map(field => String(field.type));
  const columns = names.map((_, i) => answer.getChildAt(i));
  const data = Array.from({ length: answer.numRows }, (_, r) => columns.map((c, i) => plain(c.get(r), types[i])));
  return { names, data, ms };
}

let turn = 0;
async function show(con, board) {
  const mine = ++turn;
  report.shown = null;
  for (const button of $('tabs').children) button.setAttribute('aria-current', button.textContent === board.title);
  $('board').replaceChildren();
  for (const chart of board.charts) {
    const card = document.createElement('article');
    card.style.gridColumn = `span ${chart.width}`;
    card.innerHTML = '<h2></h2><p class="text"></p><div></div><details><summary>SQL</summary><pre></pre></details>';
    card.querySelector('h2').textContent = chart.name;
    const unit = chart.metrics[0].unit, isAxis = ['line', 'bar', 'heat'].includes(chart.kind);
    card.querySelector('.text').textContent = chart.text + (isAxis && unit !== 'pure number' ? ` In ${unit}.` : '');
    card.querySelector('pre').textContent = chart.sql;
    card.querySelector('summary').onclick = () => { $('sql').value = chart.sql; };
    $('board').append(card);
    try {
      const answer = await rows(con, chart.sql);
      if (mine !== turn) return;  // another dashboard was chosen meanwhile
      report.tiles[`${board.slug}/${chart.name}`] = answer;
      draw(card.children[2], chart, answer);
    } catch (error) {
      report.errors.push(`${chart.name}: ${error.message}`);
      card.children[2].innerHTML = '<p class="error"></p>';
      card.querySelector('.error').textContent = error.message;
    }
  }
  report.shown = board.slug;
}

async function ask(con) {
  $('said').textContent = '...';
  try {
    const answer = await rows(con, $('sql').value);
    const count = answer.data.length;
    $('said').textContent = `${count.toLocaleString('en')} rows in ${Math.round(answer.ms)} ms${count > 500 ? ', the first 500 shown' : ''}`;
    table($('answer'), answer.names, answer.data.slice(0, 500));
  } catch (error) {
    $('said').textContent = '';
    $('answer').innerHTML = '<p class="error"></p>';
    $('answer').firstChild.textContent = error.message;
  }
}

try {
  const [boards, con] = await Promise.all([fetch('dashboards.json').then(answer => answer.json()), opened()]);
  report.start_ms = performance.now() - began;
  window.ask = sql => rows(con, sql);
  const build = await rows(con, 'select build_id, finished_at from quality.dim_build');
  $('state').textContent = `Release ${build.data[0][0].slice(0, 8)} of ${build.data[0][1]} UTC`;
  for (const board of boards) {
    const button = document.createElement('button');
    button.textContent = board.title;
    button.title = board.description;
    button.onclick = () => show(con, board);
    $('tabs').append(button);
  }
  const listed = await rows(con, "select table_schema || '.' || table_name from information_schema.tables "
    + "where table_catalog = 'parspread' order by all");
  for (const [name] of listed.data) $('tables').append(new Option(name, name));
  $('tables').onchange = event => { if (event.target.value) { $('sql').value = `from ${event.target.value} limit 100`; ask(con); } };
  $('sql').value = 'select metric_code, unit, description, table_name from metrics.definitions';
  $('run').disabled = false;
  document.querySelector('form').onsubmit = event => { event.preventDefault(); ask(con); };
  $('sql').onkeydown = event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) ask(con); };
  await show(con, boards[0]);
} catch (error) {
  report.errors.push(error.message);
  $('state').textContent = `The release could not be opened: ${error.message}`;
}
report.done = true;

// bpmn-engine with its state as a JSON blob in a row of SQLite: no task list, no history. The contract is that of
// bench/contract.py. The models' expressions are functions here: the engine's own expressions know no arithmetic.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { createRequire } from 'node:module';
import { Engine } from 'bpmn-engine';

const [models, url] = process.argv.slice(2);
const CHUNK = 10;
const require = createRequire(import.meta.url);
const { version } = JSON.parse(fs.readFileSync(
  path.join(path.dirname(require.resolve('bpmn-engine')), '..', 'package.json'), 'utf8'));

const database = new DatabaseSync(url.replace('sqlite:///', ''));
database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=15000;' +
  'CREATE TABLE IF NOT EXISTS instance (id INTEGER PRIMARY KEY, ended INTEGER, body TEXT)');
const insert = database.prepare('INSERT INTO instance (ended, body) VALUES (?, ?)');
const update = database.prepare('UPDATE instance SET ended = ?, body = ? WHERE id = ?');
const select = database.prepare('SELECT body FROM instance WHERE id = ?');

const work = {
  calc: (v) => { v.fee = v.amount * 2 / 100; },
  svc: (v) => { v.fee = v.amount * 2 / 100; },
  a: (v) => { v.net = v.amount - v.fee; },
  b: (v) => { v.double = v.amount * 2; },
};

// Every service task does the work of its name; the condition is a function as well.
const options = {
  extensions: {
    work(activity) {
      if (activity.type !== 'bpmn:ServiceTask') return;
      activity.behaviour.Service = function Service() {
        return {
          execute(message, callback) {
            work[activity.id](activity.environment.variables);
            callback(null);
          },
        };
      };
    },
  },
  scripts: {
    register() {},
    getScript(_language, { id }) {
      if (id === 'f3') return { execute: (scope, next) => next(null, scope.environment.variables.amount > 100) };
    },
  },
};

// Conditions need a language, else the engine reads them as expressions of its own.
const sources = Object.fromEntries(['B1', 'B2'].map((name) => [name,
  fs.readFileSync(path.join(models, `${name}.bpmn`), 'utf8')
    .replaceAll('xsi:type="tFormalExpression"', 'xsi:type="tFormalExpression" language="js"')]));

function settled(engine) {
  return engine.state === 'idle'; // it is 'running' while a task waits
}

async function start(model) {
  const engine = new Engine({ name: model, source: sources[model], ...options });
  const execution = await engine.execute({ variables: { amount: 150, customer: 'c' } });
  const ended = settled(engine);
  const body = JSON.stringify(await engine.getState());
  if (!ended) execution.stop();
  return Number(insert.run(ended ? 1 : 0, body).lastInsertRowid);
}

async function complete(id) {
  const engine = new Engine(options).recover(JSON.parse(select.get(id).body), options);
  const execution = await engine.resume();
  execution.signal({ id: 'approve', approved: true });
  const { net, double } = execution.definitions[0].getProcesses()[0].environment.variables;
  if (!settled(engine) || net !== 147 || double !== 300) {
    throw new Error(`${id}: ${engine.state}, net ${net}, double ${double}`);
  }
  update.run(1, JSON.stringify(await engine.getState()), id);
}

async function run(model, seconds) {
  const starts = [], completions = [], begun = performance.now();
  let instances = 0;
  while (performance.now() - begun < seconds * 1000) {
    const ids = [];
    for (let n = 0; n < CHUNK; n++) {
      const at = performance.now();
      ids.push(await start(model));
      starts.push(performance.now() - at);
    }
    for (const id of model === 'B1' ? ids : []) {
      const at = performance.now();
      await complete(id);
      completions.push(performance.now() - at);
    }
    instances += ids.length;
  }
  return { instances, seconds: (performance.now() - begun) / 1000, start_ms: starts, complete_ms: completions };
}

const say = (answer) => fs.writeSync(1, JSON.stringify(answer) + '\n');
say({ ready: `bpmn-engine ${version}, Node ${process.versions.node}` });
for await (const line of readline.createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.do === 'run') say({ lanes: [await run(order.model, order.seconds)] });
  else say({ left: database.prepare('SELECT count(*) AS n FROM instance WHERE NOT ended').get().n });
}
process.exit(0);

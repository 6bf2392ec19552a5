// Usage: node save_again.mjs FRONTEND_FOLDER FILE…  Prints {file: text}: each model as the editors read and write it.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [frontend, ...files] = process.argv.slice(2);
const require = createRequire(join(frontend, 'package.json'));
const load = async (name) => import(pathToFileURL(require.resolve(name)));
const descriptor = (path) => JSON.parse(readFileSync(join(frontend, 'node_modules', path), 'utf8'));
const { BpmnModdle } = await load('bpmn-moddle');
const { DmnModdle } = await load('dmn-moddle');
const camunda = descriptor('camunda-bpmn-moddle/resources/camunda.json');
const camundaDmn = descriptor('camunda-dmn-moddle/resources/camunda.json');
const saved = {};
for (const file of files) {
  const moddle = file.endsWith('.bpmn') ? new BpmnModdle({ camunda }) : new DmnModdle({ camunda: camundaDmn });
  const { rootElement } = await moddle.fromXML(readFileSync(file, 'utf8'), file.endsWith('.dmn') ? 'dmn:Definitions' : undefined);
  saved[file] = (await moddle.toXML(rootElement, { format: true })).xml;
}
process.stdout.write(JSON.stringify(saved));

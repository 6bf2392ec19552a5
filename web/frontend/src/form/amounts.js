// Large numbers, readable: 300000000 stands as 300,000,000 in a table, and in a text before a unit of money; beside a number
// field stands what is in it.
// The values stay as they are; only what is shown is written so.
import { language } from '../texts.js';

const LARGE = /^-?\d{5,}(\.\d+)?$/;
const NO_AMOUNT = /(^|_)(key|no|number|phone|mobile|id|code|account|year)$/; // columns of numbers that are names

/** A plain number with separators between thousands; other texts as they are. */
export function separated(written) {
  if (!LARGE.test(written)) return written;
  const [whole, decimals] = written.split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (decimals ? `.${decimals}` : '');
}

/** How a large number is said in Chinese: 3.2 亿, 4,500 万; nothing where that is not shorter. */
export function said(written) {
  if (!LARGE.test(written)) return '';
  for (const [unit, places] of [['亿', 8], ['万', 4]]) {
    const [whole] = written.replace('-', '').split('.');
    if (whole.length <= places || !/^0*$/.test(whole.slice(2 - places))) continue;
    const decimals = whole.slice(-places, 2 - places).replace(/0+$/, '');
    return `${written.startsWith('-') ? '-' : ''}${separated(whole.slice(0, -places))}${decimals && `.${decimals}`} ${unit}`;
  }
  return '';
}

function inTable(table, columns) {
  table.querySelectorAll('tbody tr').forEach((row) =>
    [...row.children].forEach((cell, at) => {
      const [node] = cell.childNodes;
      if (node?.nodeType !== Node.TEXT_NODE || NO_AMOUNT.test(columns[at]?.key ?? '')) return;
      const shown = separated(node.data);
      if (shown === node.data) return;
      node.data = shown;
    }),
  );
}

// Before a unit of money alone, which may stand behind what is said in bold: other long numbers of a text are names.
const IN_TEXT = /(?<![\w.])\d{5,}(\.\d+)?(?=\** (?:[A-Z]{3}(?![A-Za-z])|元|万|亿|yuan\b))/g;

/** The markdown of a form's text with separators in its amounts. */
export const amountsIn = (markdown) => markdown.replace(IN_TEXT, separated);

function besideField(field) {
  const written = field.querySelector('input')?.value ?? '';
  const words = LARGE.test(written) ? [separated(written), language() === 'zh' && said(written)].filter(Boolean).join(' · ') : '';
  if (words) field.dataset.amount = words;
  else delete field.dataset.amount;
}

const tablesOf = (components = []) => components.flatMap((one) => [...(one.type === 'table' ? [one] : []), ...tablesOf(one.components)]);

/** Show large numbers of a form with separators, now and whenever it is drawn anew. */
export function showAmounts(container, schema) {
  const tables = tablesOf(schema.components);
  const show = () => {
    for (const { id, columns = [] } of tables) container.querySelectorAll(`table[id$="-${CSS.escape(id)}"]`).forEach((one) => inTable(one, columns));
    container.querySelectorAll('.fjs-form-field-number').forEach(besideField);
  };
  show();
  new MutationObserver(show).observe(container, { childList: true, subtree: true, characterData: true });
  container.addEventListener('input', () => requestAnimationFrame(show));
}

// How a chart writes figures: in the language of the page, short on axes, whole in the tip.
import { language } from '../texts.js';

const locale = () => (language() === 'zh' ? 'zh-CN' : 'en-GB');
const number = (value, rules) => new Intl.NumberFormat(locale(), rules).format(value);

const SHORT = {
  amount: (value) => number(value, { notation: 'compact', maximumFractionDigits: 1 }),
  percent: (value) => number(value, { style: 'percent', maximumFractionDigits: 1 }),
  ratio: (value) => `${number(value, { minimumFractionDigits: 1, maximumFractionDigits: 2 })}`,
  count: (value) => number(value, { notation: 'compact', maximumFractionDigits: 1 }),
  days: (value) => number(value, { maximumFractionDigits: 1 }),
};

const WHOLE = {
  ...SHORT,
  amount: (value) => number(value, { maximumFractionDigits: 2 }),
  percent: (value) => number(value, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 2 }),
  ratio: (value) => number(value, { minimumFractionDigits: 2, maximumFractionDigits: 3 }),
  count: (value) => number(value, { maximumFractionDigits: 2 }),
};

/** For an axis or a label inside the picture. */
export const short = (form) => (value) => (SHORT[form] ?? SHORT.count)(Number(value));

/** For the tip: nothing is rounded away that a person would miss. */
export const whole = (form) => (value) =>
  value === null || value === undefined || value === '-' || Number.isNaN(Number(value)) ? '—' : (WHOLE[form] ?? WHOLE.count)(Number(value));

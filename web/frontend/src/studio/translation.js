// The words of the editors in the page's language. What has no Chinese is collected: a test reads it.
import './styles.js';
import { language } from '../texts.js';

/** Words that an editor asked for and that have no Chinese: a test reads them. */
export const missing = new Set();

export const translation = (catalogue) => ({
  translate: [
    'value',
    (template, values = {}) => {
      let words = template;
      if (language() === 'zh' && template) {
        words = catalogue[template];
        if (words === undefined) {
          if (/[a-z]{2}/i.test(template) && !/[一-鿿]/.test(template)) missing.add(template);
          words = template;
        }
      }
      return String(words ?? '').replace(/\{([^}]+)\}/g, (whole, name) => (name in values ? values[name] : whole));
    },
  ],
});

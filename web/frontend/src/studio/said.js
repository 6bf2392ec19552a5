// Words of an editor that asks for no translation: put into the page's language where they appear on the screen.
// What people wrote (the form itself, values, names) is left alone; what has no Chinese is collected like the rest.
import { language } from '../texts.js';
import { missing } from './translation.js';

const SPOKEN = ['title', 'placeholder', 'aria-label'];

/**
 * Say what stands in `root` in Chinese, now and later: `words`, `counted` (patterns), and the few that are `placed` amid
 * what people wrote, which the selector `own` tells.
 */
export function sayInChinese(root, { words: catalogue, counted, placed }, own) {
  if (language() !== 'zh') return;
  const said = new Set(Object.values(catalogue));
  const chinese = (words) => {
    const asked = words.trim();
    if (!/[a-z]{2}/i.test(asked) || /[一-鿿]/.test(asked) || said.has(asked)) return words;
    const pattern = counted.find(([form]) => form.test(asked));
    const found = catalogue[asked] ?? (pattern && asked.replace(...pattern));
    if (found === undefined) missing.add(asked);
    return found === undefined ? words : words.replace(asked, () => found);
  };
  const text = (node) => {
    const written = node.parentElement?.closest(own);
    const words = written ? (placed[node.data.trim()] ?? node.data) : chinese(node.data);
    if (words !== node.data) node.data = words;
  };
  const attributes = (node) => {
    const written = node.closest(own);
    for (const name of SPOKEN) {
      const now = node.getAttribute(name);
      const words = now && (written ? (placed[now] ?? now) : chinese(now));
      if (words && words !== now) node.setAttribute(name, words);
    }
  };
  const all = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return text(node);
    if (node.nodeType !== Node.ELEMENT_NODE) return undefined;
    attributes(node);
    return node.childNodes.forEach(all);
  };
  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'characterData') text(target);
      else if (type === 'attributes') attributes(target);
      else addedNodes.forEach((node) => node.isConnected && all(node)); // some are there only to be measured
    }
  }).observe(root, { subtree: true, childList: true, characterData: true, attributeFilter: SPOKEN });
  all(root);
}

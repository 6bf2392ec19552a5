// The editor of decision tables in Chinese, in the words of docs/glossary.md.
export const dmnChinese = {};

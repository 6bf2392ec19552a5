// The editor of forms in Chinese, in the words of docs/glossary.md.
export const formChinese = {};

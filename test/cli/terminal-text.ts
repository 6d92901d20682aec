/** Characters that do something to a terminal, or to the order in which text is read; line breaks are wanted. */
export const ACTS_ON_TERMINALS = /[^\P{Cc}\n]|[\u202a-\u202e\u2028]/u;

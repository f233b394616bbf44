/** What one analysis may cost. Beyond any of these the rest is opaque, never guessed and never analysed half. */
export const limits = {
  /** UTF-16 units of command text. */
  text: 100_000,
  /** Blanks and shell metacharacters of a text: what parsing time grows with. */
  tokens: 16_000,
  /** Here-documents that may be open at once: the parser is quadratic in them. */
  hereDocuments: 200,
  /** Nested shells, substitutions, functions and wrappers. */
  depth: 20,
  /** UTF-16 units of all nested texts together. */
  nestedText: 200_000,
  /** Nodes visited, loops and functions counted each time. */
  steps: 8_000,
  operations: 2_000,
  /** Words that one brace expansion may give. */
  braceWords: 1_000,
  /** Words of one command. */
  arguments: 5_000,
  /** UTF-16 units of one variable's value, and of one expanded word. */
  value: 20_000,
  /** Variables, and functions, that are kept track of. */
  names: 256,
  /** Symbolic links that the text makes. */
  links: 64,
  /** Directories that a command may be in, as far as can be told. */
  directories: 4,
  /** Times that the body of a loop over known words is followed. */
  loopWords: 64,
} as const;

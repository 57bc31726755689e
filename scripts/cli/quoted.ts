// A word as a shell takes it, for commands that people are told to paste.

/** POSIX, 2.2.2: as it is where nothing in it means anything to a shell, else between single quotes. */
export function quoted(word: string): string {
  return /^[\w./+:,-][\w./~+:,-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

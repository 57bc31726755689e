// Text as editors and shells of several systems write it: UTF-8, with a byte order mark or without, and UTF-16 with one.

/** Without the mark. What is in no encoding that is known here comes out as replacement characters, as with any reader of UTF-8. */
export function decodeWritten(bytes: Uint8Array): string {
  const [first, second] = bytes
  // What `>` and `Out-File` of Windows PowerShell write.
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  return new TextDecoder(encoding).decode(bytes)
}

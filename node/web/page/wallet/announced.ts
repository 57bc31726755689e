// What extensions say of themselves (EIP-6963), as far as it is shown: any page script of any extension can announce anything, malformed things too.

const MOST_NAME = 60
/** Characters: EIP-6963 wants a picture of 96 pixels. */
const MOST_ICON = 256 * 1024

/** A name, or the domain that tells wallets of one name apart: short, in one line, and with nothing in it that turns the text around it. */
export function readable(text: unknown): string {
  if (typeof text !== 'string') return '?'
  // What is cut off first is not searched.
  const clean = text.slice(0, MOST_NAME * 4).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
  return clean.length > MOST_NAME ? `${clean.slice(0, MOST_NAME)}…` : clean.trim() || '?'
}

/** In an `img` no picture can run anything. */
export function isIcon(icon: unknown): icon is string {
  return typeof icon === 'string' && icon.length <= MOST_ICON && icon.trimStart().startsWith('data:image/')
}

// Bytes and numbers: joining, comparing, hex, big-endian integers.

const HEX_CODES = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** Bytes that are written at once. */
const HEX_PART = 64
const hexCodes = new Uint8Array(2 * HEX_PART)

/** Lower-case hex without `0x`: a string of one piece, and not of one for each byte, which would take ten times the memory. */
export function formatHex(bytes: Uint8Array): string {
  if (bytes.length > HEX_PART) {
    let text = ''
    for (let from = 0; from < bytes.length; from += HEX_PART) text += formatHex(bytes.subarray(from, from + HEX_PART))
    return text
  }
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    hexCodes[2 * i] = HEX_CODES[byte >> 4] ?? 0
    hexCodes[2 * i + 1] = HEX_CODES[byte & 15] ?? 0
  }
  // Any list of numbers will do, and a spread would make one of its own.
  return String.fromCharCode.apply(undefined, hexCodes.subarray(0, 2 * bytes.length) as unknown as number[])
}

/** Hex of either case, with or without `0x`. Throws a `RangeError` on anything else. */
export function parseHex(text: string): Uint8Array {
  const digits = text.startsWith('0x') ? text.slice(2) : text
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits))
    throw new RangeError('expected an even number of hex digits')
  const bytes = new Uint8Array(digits.length / 2)
  writeHex(bytes, 0, digits, 0)
  return bytes
}

/** Writes the digits from `first` on, which must be hex of either case and even in number, to `bytes` from `at` on. */
export function writeHex(bytes: Uint8Array, at: number, digits: string, first: number): void {
  for (let i = first, to = at; i < digits.length; i += 2) bytes[to++] = 16 * digitAt(digits, i) + digitAt(digits, i + 1)
}

/** Of a hex digit in ASCII: the low bits count from 0 or, in letters, from 1. Eight times as fast as `Number.parseInt` of a slice. */
function digitAt(digits: string, place: number): number {
  const code = digits.charCodeAt(place)
  return (code & 0x0f) + 9 * (code >> 6)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Negative, zero or positive, byte by byte; a prefix comes before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

/** Big-endian, exactly `width` bytes. Throws a `RangeError` if the value does not fit. */
export function encodeUint(value: bigint | number, width: number): Uint8Array {
  const number = BigInt(value)
  if (number < 0n || number >= 1n << BigInt(8 * width)) throw new RangeError(`${number} does not fit ${width} bytes`)
  return parseHex(number.toString(16).padStart(2 * width, '0'))
}

/** Big-endian. No bytes are zero. */
export function decodeUint(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${formatHex(bytes)}`)
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

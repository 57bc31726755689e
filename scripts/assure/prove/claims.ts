// What is proved of the contracts' small libraries: each claim for all inputs within its bounds.

import type { Reading } from './integers.ts'
import { numeral, type Words } from './words.ts'

/** A claim in words, and in SMT-LIB by what the function's terms are. */
type Claim<T> = { readonly about: string; readonly holds: (reading: T) => string }

export type IntegerProof = {
  readonly function: string
  /** What callers see to. */
  readonly given: string
  readonly assume: string
  readonly claims: readonly Claim<Reading>[]
}

export type WordProof = {
  readonly function: string
  readonly inputs: readonly string[]
  readonly part?: number
  readonly given: string
  readonly assume: string
  readonly claims: readonly Claim<Words>[]
}

const HARDEST = 1n << 176n
const EASIEST_BOUND = 1n << 244n
const term = ({ terms }: Pick<Reading, 'terms'>, name: string): string => {
  const found = terms.get(name)
  if (found === undefined) throw new Error(`expected the function to have ${name}`)
  return found
}

export const INTEGER_PROOFS: readonly IntegerProof[] = [
  {
    function: 'Target.boundsOf',
    given: '2^176 <= parentTarget <= easiest < 2^244',
    assume: `(and (<= ${HARDEST} parentTarget) (<= parentTarget easiest) (< easiest ${EASIEST_BOUND}))`,
    claims: [
      {
        about: 'no target is below the hardest',
        holds: (f) => `(and (>= ${term(f, 'floor')} ${HARDEST}) (>= ${term(f, 'ceiling')} ${HARDEST}))`,
      },
      { about: 'no target is above the easiest', holds: (f) => `(<= ${term(f, 'ceiling')} easiest)` },
      { about: 'there is always a target', holds: (f) => `(<= ${term(f, 'floor')} ${term(f, 'ceiling')})` },
      {
        about: 'the hardest child is at most twice as hard',
        holds: (f) => `(>= (+ (* 2 ${term(f, 'floor')}) 1) parentTarget)`,
      },
      {
        about: 'within 45 minutes of the parent there is one target: half of the parent’s, but for the hardest',
        holds: (f) => `(=> (<= elapsed 2700) (= ${term(f, 'floor')} ${term(f, 'ceiling')}))`,
      },
      {
        about: 'after an hour a child is as hard as the parent',
        holds: (f) => `(=> (= elapsed 3600) (= ${term(f, 'ceiling')} parentTarget))`,
      },
    ],
  },
  {
    function: 'Target.workOf',
    given: 'target < 2^244, and at least the hardest',
    assume: `(and (<= ${HARDEST} target) (< target ${EASIEST_BOUND}))`,
    claims: [
      {
        about: 'it is 2^256 / (target + 1), rounded down',
        holds: (f) => {
          const work = term(f, 'return')
          const all = 1n << 256n
          return `(and (<= (* ${work} (+ target 1)) ${all}) (< ${all} (* (+ ${work} 1) (+ target 1))))`
        },
      },
      { about: 'it is above zero', holds: (f) => `(> ${term(f, 'return')} 0)` },
    ],
  },
  {
    function: 'Fee.feeOf',
    given: 'any amount',
    assume: 'true',
    claims: [
      { about: 'the fee is never more than the whole', holds: (f) => `(<= ${term(f, 'return')} amount)` },
      {
        about: 'it is one percent, less than one base unit below',
        holds: (f) => `(and (<= (* 100 ${term(f, 'return')}) amount) (< amount (+ (* 100 ${term(f, 'return')}) 100)))`,
      },
    ],
  },
]

const packedWord = '(calldata (bvadd |data.offset| |offset|))'
const byteOf = (index: number, word: string) => `(byteOf ${numeral(BigInt(index))} ${word})`
const low = (bits: number) => numeral((1n << BigInt(bits)) - 1n)
const isZero = (word: string) => `(= ${word} ${numeral(0n)})`
const stepWord = '(calldata (bvadd |steps.offset| |offset|))'
const kind = byteOf(0, stepWord)
const isBit4 = (index: number) => `(= (bvand ${byteOf(index, stepWord)} ${numeral(16n)}) ${numeral(16n)})`
/** Positions in memory and calldata are far below this. */
const SMALL = numeral(1n << 64n)

export const WORD_PROOFS: readonly WordProof[] = [
  {
    function: 'Packed.sizeAt',
    inputs: ['data.offset', 'data.length', 'offset', 'size'],
    given: 'lengths and places below 2^64',
    // `size` is the result: zero at first.
    assume: `(and (bvult |data.length| ${SMALL}) (bvult |offset| ${SMALL}) ${isZero('|size|')})`,
    claims: [
      {
        about: 'it is 0 or 127 to 535',
        holds: (f) =>
          `(or ${isZero(term(f, 'size'))} (and (bvuge ${term(f, 'size')} ${numeral(127n)}) (bvule ${term(f, 'size')} ${numeral(535n)})))`,
      },
      {
        about: 'what has a shape ends within the data',
        holds: (f) =>
          `(=> (not ${isZero(term(f, 'size'))}) (and (bvult |offset| |data.length|) (bvule (bvadd |offset| ${term(f, 'size')}) |data.length|)))`,
      },
      {
        about:
          'what has a shape has no unknown flag, is no issuance of another form besides, and has no memo above 140 bytes',
        holds: (f) =>
          `(=> (not ${isZero(term(f, 'size'))}) (and (or (bvule ${byteOf(0, packedWord)} ${numeral(0x4fn)}) (= (bvand ${byteOf(0, packedWord)} ${numeral(0xf4n)}) ${numeral(0x80n)})) (bvule ${byteOf(1, packedWord)} ${numeral(140n)})))`,
      },
      {
        about: 'the size of all but takes is 107 bytes, 21 for an asset, 20 for each input and the memo',
        holds: (f) =>
          `(=> (and (not ${isZero(term(f, 'size'))}) (bvult ${byteOf(0, packedWord)} ${numeral(0x80n)})) (= ${term(f, 'size')} (bvadd (bvadd ${numeral(127n)} (bvmul ${numeral(21n)} (bvand (bvlshr ${byteOf(0, packedWord)} ${numeral(5n)}) ${numeral(1n)}))) (bvadd (bvmul ${numeral(20n)} (bvand ${byteOf(0, packedWord)} ${numeral(7n)})) ${byteOf(1, packedWord)}))))`,
      },
    ],
  },
  {
    function: 'Step.isRequestAt',
    inputs: ['steps.offset', 'offset'],
    given: 'a step of kind 1 to 5',
    assume: `(and (bvuge ${kind} ${numeral(1n)}) (bvule ${kind} ${numeral(5n)}))`,
    claims: [
      {
        about: 'it is bit 4 of the flags of kinds 2 and 4, and never said of a deposit, an entry or a void step',
        holds: (f) =>
          `(= ${term(f, 'answer')} (bit (or (and (= ${kind} ${numeral(2n)}) ${isBit4(9)}) (and (= ${kind} ${numeral(4n)}) ${isBit4(1)}))))`,
      },
    ],
  },
  {
    function: 'Text.hexadecimal',
    inputs: ['pointer', 'data', 'count'],
    part: 0,
    given: 'one round: any 16 bytes',
    assume: 'true',
    claims: [
      {
        about: 'it writes the 32 digits of the first 16 bytes, each right',
        holds: ({ stores: [first] }) => {
          const digit = (i: number) => `(bvand (bvlshr |data| ${numeral(BigInt(252 - 4 * i))}) ${numeral(15n)})`
          const letter = (i: number) =>
            `(ite (bvult ${digit(i)} ${numeral(10n)}) (bvadd ${digit(i)} ${numeral(48n)}) (bvadd ${digit(i)} ${numeral(87n)}))`
          const digits = Array.from({ length: 32 }, (_, i) => `(= ${byteOf(i, first?.[1] ?? '')} ${letter(i)})`)
          return `(and (= ${first?.[0]} |pointer|) ${digits.join(' ')})`
        },
      },
      {
        about: 'it goes on with the next 16 bytes, 32 digits further',
        holds: (f) =>
          `(and (= ${term(f, 'data')} (bvshl |data| ${numeral(128n)})) (= ${term(f, 'pointer')} (bvadd |pointer| ${numeral(32n)})))`,
      },
    ],
  },
  {
    function: 'Tree.outputKey',
    inputs: ['infohash', 'owner', 'asset'],
    given: 'any output',
    assume: 'true',
    claims: [
      {
        about: 'the first bit of the key is 0',
        holds: (f) => `(bvult ${term(f, 'key')} ${numeral(1n << 255n)})`,
      },
    ],
  },
  {
    function: 'Tree.accountKey',
    inputs: ['owner', 'asset'],
    given: 'any account',
    assume: 'true',
    claims: [
      {
        about: 'the first bit of the key is 1: it is not that of an output',
        holds: (f) => `(bvuge ${term(f, 'key')} ${numeral(1n << 255n)})`,
      },
    ],
  },
  {
    function: 'Queue.next',
    inputs: ['runningHash', 'entryHash'],
    given: 'any hashes',
    assume: 'true',
    claims: [
      {
        about: 'it leaves the 40 bits of the time free',
        holds: (f) => isZero(`(bvand ${term(f, 'digest')} ${low(40)})`),
      },
    ],
  },
  {
    function: 'Tree._fold',
    inputs: ['node', 'key', 'siblings', 'from', 'to', 'level'],
    part: 0,
    given: 'one round, from a level of 1 to 160',
    assume: `(and (= |from| |level|) (bvuge |level| ${numeral(1n)}) (bvule |level| ${numeral(160n)}))`,
    claims: [
      {
        about: 'the node goes left where the bit of its level is 0 and right where it is 1, its sibling beside it',
        holds: ({ stores }) => {
          const [own, other] = stores.slice(-2)
          const bit = `(bvand (bvlshr |key| (bvsub ${numeral(256n)} |level|)) ${numeral(1n)})`
          const left = `(bvadd (memory ${numeral(64n)} 0) ${numeral(1n)})`
          const right = `(bvadd (memory ${numeral(64n)} 0) ${numeral(33n)})`
          const sibling = `(calldata (bvadd |siblings| (bvmul ${numeral(32n)} (bvsub |level| ${numeral(1n)}))))`
          const isLeft = isZero(bit)
          return `(and (= ${own?.[0]} (ite ${isLeft} ${left} ${right})) (= ${own?.[1]} |node|) (= ${other?.[0]} (ite ${isLeft} ${right} ${left})) (= ${other?.[1]} ${sibling}))`
        },
      },
    ],
  },
  ...[1, 2].map((bits): WordProof => {
    return {
      function: 'Sha1.hash',
      inputs: ['p'],
      part: bits,
      given: `one round of the ${bits === 1 ? 'first' : 'second'} part of the schedule`,
      assume: 'true',
      claims: [
        {
          about: `each of the eight lanes of 32 bits is rotated by ${bits}, and none flows into another`,
          holds: (f) => {
            const word = f.stores[0]?.[1] ?? ''
            const lanes = Array.from({ length: 8 }, (_, i) => {
              const lane = (of: string) => `((_ extract ${32 * i + 31} ${32 * i}) ${of})`
              return `(= ${lane(word)} ((_ rotate_left ${bits}) ${lane(term(f, 'x'))}))`
            })
            return `(and (= ${f.stores[0]?.[0]} |p|) ${lanes.join(' ')})`
          },
        },
      ],
    }
  }),
  {
    function: 'Trace.fold',
    inputs: ['root', 'index', 'siblings.offset', 'siblings.length', 'leaf'],
    part: 0,
    given: 'one round',
    assume: 'true',
    claims: [
      {
        about: 'the node goes left where the index is even and right where it is odd, its sibling beside it',
        holds: ({ stores }) => {
          const [own, other] = stores.slice(-2)
          const isLeft = isZero(`(bvand |index| ${numeral(1n)})`)
          const left = `(bvadd (memory ${numeral(64n)} 0) ${numeral(1n)})`
          const right = `(bvadd (memory ${numeral(64n)} 0) ${numeral(33n)})`
          return `(and (= ${own?.[0]} (ite ${isLeft} ${left} ${right})) (= ${own?.[1]} |root|) (= ${other?.[0]} (ite ${isLeft} ${right} ${left})) (= ${other?.[1]} (calldata |siblings.offset|)))`
        },
      },
    ],
  },
]

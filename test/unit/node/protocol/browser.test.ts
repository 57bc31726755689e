// The executable spec in a browser: bundled with noble, asked in a context without Node and, where there is one, in Chromium.

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { createContext, Script } from 'node:vm'
import { build, type Metafile, stop } from 'esbuild'
import { type Chromium, dumpPage, findChromium } from '../../../support/chromium.ts'
import apply from '../../../vectors/apply.json' with { type: 'json' }
import blob from '../../../vectors/blob.json' with { type: 'json' }
import fee from '../../../vectors/fee.json' with { type: 'json' }
import infohash from '../../../vectors/infohash.json' with { type: 'json' }
import sha1 from '../../../vectors/sha1.json' with { type: 'json' }
import step from '../../../vectors/step.json' with { type: 'json' }
import take from '../../../vectors/take.json' with { type: 'json' }
import tree from '../../../vectors/tree.json' with { type: 'json' }
import typedData from '../../../vectors/typed-data.json' with { type: 'json' }
import work from '../../../vectors/work.json' with { type: 'json' }
import type { Job, Outcome } from './browser-page.ts'
import { transcript } from './transcript.ts'
import { compareVectors, type VectorFiles } from './vectors.ts'

const root = new URL('../../../..', import.meta.url).pathname
const files: VectorFiles = { sha1, fee, infohash, 'typed-data': typedData, take, step, tree, apply, work, blob }
const seed = 20_261_202

/** One vector with one field changed, as the only one of its file. */
type Broken = {
  readonly vector: string
  readonly field: string
  readonly change: unknown
  readonly files: Partial<VectorFiles>
}

describe('the executable spec in a browser', () => {
  const broken = brokenVectors()
  const job: Job = { vectors: [files, ...broken.map((each) => each.files)], seed }
  const outcomes = new Map<string, Outcome>()
  let chromium: Chromium | undefined
  let metafile: Metafile

  before(async () => {
    const bundle = await bundlePage()
    metafile = bundle.metafile
    outcomes.set('a context without Node', askContext(bundle.script, job))
    chromium = await findChromium()
    if (chromium !== undefined) outcomes.set(chromium.version, await askChromium(chromium, bundle.script, job))
  })

  it('is bundled whole, with noble and no other package', () => {
    const inputs = Object.keys(metafile.inputs)
    const packages = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])
    assert.deepEqual([...new Set(packages)].toSorted(), ['@noble/curves', '@noble/hashes'])
    // What has types only leaves nothing in a bundle.
    const types = ['keccak/backend.ts', 'secp256k1/backend.ts', 'sha1/backend.ts', 'facts.ts', 'rule-codes.ts'].map(
      (name) => `node/protocol/${name}`,
    )
    const others = [
      'node/protocol/keccak/wasm.ts',
      'node/protocol/secp256k1/native.ts',
      'node/protocol/sha1/native.ts',
      ...types,
    ]
    const bundled = inputs.filter((path) => path.startsWith('node/protocol/'))
    assert.deepEqual(
      [...bundled, ...others].toSorted(),
      globSync('node/protocol/**/*.ts', { cwd: root, exclude: ['**/assembly'] }).toSorted(),
    )
  })

  it('says to every vector what is expected', (t) => {
    t.diagnostic(`asked: ${[...outcomes.keys()].join(', ')}`)
    if (chromium === undefined)
      t.diagnostic('no Chromium that opens a page was found in PATH: nothing ran in a real browser')
    const count = compareVectors(files).length
    assert.ok(count > 500)
    for (const [where, { vectors }] of outcomes) assert.deepEqual(vectors[0], { compared: count, wrong: [] }, where)
  })

  it('says of a seeded world what it says in Node, by native code', () => {
    const expected = [...transcript(seed)]
    assert.ok(expected.length > 2_000)
    for (const [where, outcome] of outcomes) assert.deepEqual(outcome.transcript, expected, where)
  })

  it('does so without a global of Node, and in Chromium in a document', () => {
    for (const [where, { globals }] of outcomes) {
      assert.deepEqual(globals, where === chromium?.version ? ['document'] : [], where)
    }
  })

  it('finds every expectation that is broken, whatever field of whatever file', () => {
    assert.ok(broken.length >= 19)
    for (const [where, { vectors }] of outcomes) {
      for (const [i, { vector, field, change }] of broken.entries()) {
        const facts = `${where}: ${field} of ${vector}`
        const wrong = vectors[i + 1]?.wrong ?? []
        assert.ok(wrong.length > 0, facts)
        for (const each of wrong) assert.equal(each.vector, vector, facts)
        // A file or a packed form that is broken may be none at all, and then its vector is wrong as a whole.
        const found = wrong.find((each) => each.field === field) ?? wrong[0]
        assert.equal(found?.expected, found?.field === 'all' ? 'no error' : change, facts)
      }
    }
  })
})

async function bundlePage(): Promise<{ script: string; metafile: Metafile }> {
  try {
    const { outputFiles, metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['test/unit/node/protocol/browser-page.ts'],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      globalName: 'page',
      metafile: true,
      write: false,
      logLevel: 'silent',
    })
    return { script: outputFiles[0]?.text ?? '', metafile }
  } finally {
    await stop()
  }
}

/** In a realm of its own, with nothing but the language and the two globals of every browser that the protocol needs. */
function askContext(script: string, job: Job): Outcome {
  const context = createContext({ TextEncoder, TextDecoder })
  new Script(script).runInContext(context)
  return outcomeOf(new Script(`JSON.stringify(page.run(${JSON.stringify(job)}))`).runInContext(context))
}

async function askChromium(chromium: Chromium, script: string, job: Job): Promise<Outcome> {
  const html = await dumpPage(chromium.command, {
    'index.html': '<!doctype html><meta charset="utf-8"><script src="page.js"></script><script src="ask.js"></script>',
    'page.js': script,
    'ask.js': `document.documentElement.dataset.outcome = encodeURIComponent(JSON.stringify(page.run(${JSON.stringify(job)})))`,
  })
  const outcome = /data-outcome="([^"]*)"/.exec(html)?.[1]
  assert(outcome !== undefined, `the page has no outcome: ${html.slice(0, 1_000)}`)
  return outcomeOf(decodeURIComponent(outcome))
}

/** The text comes from our own page. */
function outcomeOf(text: string): Outcome {
  return JSON.parse(text) as Outcome
}

/** Each field that a file expects something of, changed in its first vector. */
function brokenVectors(): Broken[] {
  return [
    ...broken(sha1, (vectors) => ({ sha1: vectors })),
    ...broken(infohash, (vectors) => ({ infohash: vectors })),
    ...broken(typedData.vectors, (vectors) => ({ 'typed-data': { ...typedData, vectors } })),
    ...broken(step, (vectors) => ({ step: vectors })),
    ...broken(tree, (vectors) => ({ tree: vectors })),
    ...broken(apply.cases, (cases) => ({ apply: { ...apply, cases } })),
    ...broken(work.digests, (digests) => ({ work: { digests } })),
    ...broken(blob, (vectors) => ({ blob: vectors })),
  ]
}

function broken<Vector extends object>(
  vectors: readonly Vector[],
  filesOf: (vectors: Vector[]) => Partial<VectorFiles>,
): Broken[] {
  const [first] = vectors
  assert(first !== undefined)
  const values = new Map<string, unknown>(Object.entries(first))
  return compareVectors(filesOf([first])).map(({ vector, field }) => {
    const change = changed(values.get(field))
    return { vector, field, change, files: filesOf([{ ...first, [field]: change }]) }
  })
}

/** Another value of the same type, of the same shape as far as its last digit goes. */
function changed(value: unknown): unknown {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value + 1
  assert(typeof value === 'string')
  return value.slice(0, -1) + (value.endsWith('0') ? '1' : '0')
}

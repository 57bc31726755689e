// docs/rpc.md is what the schemas of the RPC say.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { API } from '../../../../node/rpc/api.ts'
import { ERRORS } from '../../../../node/rpc/methods/errors.ts'
import { RPC_PAGE, rpcPage } from '../../../../scripts/make/rpc-page.ts'
import { formatJson } from '../../../../scripts/make/short-json.ts'

test('docs/rpc.md is the page as it is made', async () => {
  assert.equal(await readFile(RPC_PAGE, 'utf8'), rpcPage(), 'run `npx node scripts/make/rpc-page.ts`')
})

test('the page has each method with its parameters, each error, and no link that leads nowhere', async () => {
  const page = rpcPage()
  const anchorOf = (title: string) =>
    title
      .toLowerCase()
      .replaceAll(' ', '-')
      .replace(/[^\w-]/g, '')
  const anchorsOf = (text: string) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title))
  const anchors = anchorsOf(page)
  assert.equal(new Set(anchors).size, anchors.length)
  for (const [, anchor = ''] of page.matchAll(/\]\(#([^)]*)\)/g)) assert(anchors.includes(anchor), anchor)
  const files = [...page.matchAll(/\]\(([\w-]+\.md)#([^)]*)\)/g)]
  assert(files.length > 0)
  for (const [, file = '', anchor = ''] of files) {
    assert(anchorsOf(await readFile(new URL(file, RPC_PAGE), 'utf8')).includes(anchor), `${file}#${anchor}`)
  }
  for (const [method, { summary, params }] of Object.entries(API)) {
    const [, part = ''] = page.split(`\n### ${method}\n`)
    assert(part.startsWith(`\n${summary}\n`), method)
    const rows = part.slice(0, part.indexOf('Result:'))
    for (const name of Object.keys(params.shape)) assert(rows.includes(`\n| \`${name}\` |`), `${method} ${name}`)
  }
  for (const [code, { about }] of Object.entries(ERRORS))
    assert(page.includes(`| \`${code}\` |`) && page.includes(about))
  assert.doesNotMatch(page, /undefined|\[object|anything/)
})

test('JSON for the page is JSON, in short lines, with whole ids', () => {
  const id = `0x${'a'.repeat(64)}`
  const value = {
    id,
    long: `0x${'b'.repeat(600)}`,
    list: [{ id }, { id }, {}],
    none: [],
    text: 'a\n  b',
    n: 1.5,
    x: null,
  }
  const text = formatJson(value)
  assert.deepEqual(JSON.parse(text), { ...value, long: `0x${'b'.repeat(60)}…` })
  assert(text.split('\n').every((line) => line.length <= 120))
  assert.equal(formatJson({ a: [], b: { c: 'x' } }), '{ "a": [], "b": { "c": "x" } }')
})

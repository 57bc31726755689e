#!/usr/bin/env node
// Where the program `ttx` starts: what makes it start fast, and then the program. Plain JavaScript: for one file of TypeScript that is not in the cache
// of compiled code, Node loads a compiler, which takes as long as all of `ttx --version`.

import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Within the installation, since code that others could write there would be run.
enableCompileCache(join(root, 'node_modules', '.cache', 'ttx'))

const { useBundledPackages } = await import('./bundled-packages.ts')
useBundledPackages(root)
await import('./ttx.ts')

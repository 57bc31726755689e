// A copy of the repository in a temporary folder, in which mutants are compiled and tested: never in the tree itself.

import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Code } from '../solc.ts'

const ROOT = new URL('../../..', import.meta.url).pathname
const FOLDERS = ['contracts', 'deployments', 'miner', 'node', 'scripts', 'test']
const FILES = ['package.json', 'tsconfig.json', 'hardhat.config.ts']

/** As hardhat.config.ts, but nothing is compiled, and a mutant may be larger than what it was made of. */
const CONFIG = `import { defineConfig, overrideTask } from 'hardhat/config'

export default defineConfig({
  solidity: '0.8.37',
  networks: { default: { type: 'edr-simulated', allowUnlimitedContractSize: true } },
  tasks: [overrideTask('build').setInlineAction(async () => ({ contractRootPaths: new Map(), testRootPaths: new Map() })).build()],
})
`

export class Workplace implements AsyncDisposable {
  /** Where TypeScript tests run, with artifacts that are written by hand. */
  readonly folder: string
  /** Where Hardhat compiles and runs Solidity tests. */
  readonly solidityFolder: string
  readonly #base: string
  readonly #artifacts = new Map<string, string>()

  private constructor(base: string) {
    this.#base = base
    this.folder = join(base, 'typescript')
    this.solidityFolder = join(base, 'solidity')
  }

  static async open(): Promise<Workplace> {
    const base = await mkdtemp(join(tmpdir(), 'ttx-mutate-'))
    const workplace = new Workplace(base)
    for (const folder of [workplace.folder, workplace.solidityFolder]) {
      for (const name of [...FOLDERS, ...FILES]) await cp(join(ROOT, name), join(folder, name), { recursive: true })
      await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    }
    await writeFile(join(workplace.folder, 'hardhat.config.ts'), CONFIG)
    await cp(join(ROOT, 'artifacts'), join(workplace.folder, 'artifacts'), {
      recursive: true,
      filter: (path) => !path.includes('build-info'),
    })
    return workplace
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#base, { recursive: true, force: true })
  }

  /** Puts code into the artifact of `path:Contract`. */
  async install(name: string, { creation, deployed }: Code): Promise<void> {
    if (this.#artifacts.get(name) === creation) return
    const [file = '', contract = ''] = name.split(':')
    const path = join(this.folder, 'artifacts', file, `${contract}.json`)
    const artifact: object = JSON.parse(await readFile(path, 'utf8'))
    const changed = { ...artifact, bytecode: `0x${creation}`, deployedBytecode: `0x${deployed}` }
    await writeFile(path, JSON.stringify(changed))
    this.#artifacts.set(name, creation)
  }

  /** Puts a source into the folder of the Solidity tests. */
  async writeSource(file: string, content: string): Promise<void> {
    await writeFile(join(this.solidityFolder, file), content)
  }
}

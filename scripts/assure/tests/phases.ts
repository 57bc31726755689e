// Which test files exist, in which order their groups run, and which of them a filter on the command line picks.
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** A group of test files that run together. `concurrency` is the number of files that run at once. */
export type TestPhase = {
  readonly name: string
  readonly language: 'typescript' | 'solidity'
  readonly files: readonly string[]
  readonly needsBuild: boolean
  readonly concurrency: number
}

// Cheap and telling first; e2e starts a whole network of processes in each file, and is last.
const order = ['test', 'unit', 'solidity', 'contract', 'integration', 'adversarial', 'e2e']
const withoutBuild = ['test', 'unit']
// What takes longest begins first, so that no phase ends with one of these alone. Nothing but the order depends on this.
const LONGEST = [
  'test/unit/node/ethereum/blobs/kzg.test.ts',
  'test/contract/bridge/refute-blobs.test.ts',
  'test/contract/bridge/refute-completeness.test.ts',
  'test/contract/bridge/Bridge.race-model.test.ts',
  'test/integration/miner/crash.test.ts',
  'test/integration/scripts/cli/deploy/deploy.test.ts',
  'test/adversarial/environment.test.ts',
  'test/adversarial/every-lie.test.ts',
  'test/adversarial/ethereum/watcher.test.ts',
  'test/adversarial/blob-sources.test.ts',
  'test/adversarial/idle-overturn.test.ts',
  'test/adversarial/ethereum/commands.test.ts',
  'test/adversarial/ethereum/refutation.test.ts',
  'test/e2e/commands.test.ts',
  'test/e2e/drill.test.ts',
  'test/e2e/bad-input.test.ts',
  'test/e2e/kill.test.ts',
  'test/e2e/demo.test.ts',
]

/**
 * Sorts every test file below `root`/test into its phase, named by its folder in test/; a folder that is not known here runs
 * last but one, so that no test file is ever left out. With `filters`, keeps a phase whose name equals one of them whole, and
 * of the others the files whose path contains one; `unmatched` are the filters that picked nothing.
 */
export function findTestPhases(
  root: string,
  filters: readonly string[],
): { readonly phases: readonly TestPhase[]; readonly unmatched: readonly string[] } {
  const typescript = globSync('test/**/*.test.ts', { cwd: root })
  const solidity = globSync(['test/**/*.t.sol', 'contracts/**/*.t.sol'], { cwd: root })
  const groups = new Map<string, string[]>()
  for (const file of typescript.toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1))) {
    const folder = folderOf(file)
    groups.set(folder, [...(groups.get(folder) ?? []), file])
  }
  if (solidity.length > 0) groups.set('solidity', solidity.toSorted())

  const matched = new Set<string>()
  const phases: TestPhase[] = []
  for (const [name, files] of [...groups].toSorted(([a], [b]) => rankOf(a) - rankOf(b) || a.localeCompare(b))) {
    const picked =
      filters.length === 0 ? files : files.filter((file) => filters.some((word) => isMatch(name, file, word)))
    for (const word of filters) if (files.some((file) => isMatch(name, file, word))) matched.add(word)
    if (picked.length === 0) continue
    phases.push({
      name,
      language: name === 'solidity' ? 'solidity' : 'typescript',
      files: picked,
      needsBuild: !withoutBuild.includes(name),
      // One more than there are cores: a third of the time a test waits for processes, timers or Ethereum's clock.
      concurrency: availableParallelism() + 1,
    })
  }
  return { phases, unmatched: filters.filter((word) => !matched.has(word)) }
}

function isMatch(phase: string, file: string, word: string): boolean {
  return phase === word || file.includes(word)
}

function folderOf(file: string): string {
  const parts = file.split('/')
  return parts.length > 2 ? (parts[1] ?? 'test') : 'test'
}

function placeOf(file: string): number {
  const place = LONGEST.indexOf(file)
  return place === -1 ? LONGEST.length : place
}

function rankOf(phase: string): number {
  const rank = order.indexOf(phase)
  return rank === -1 ? order.length - 1.5 : rank
}

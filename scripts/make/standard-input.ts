// What the compiler has to be given to make the bytecode of the bridge and of its judge again, byte for byte: what explorers of chains ask for as "standard JSON input".

import { type BuildInfo, nodesOf } from './build-info.ts'

const ROOTS = ['project/contracts/Bridge.sol', 'project/contracts/Judge.sol']
/** What a reader of the output compares; it changes no byte of the code. */
const OUTPUT = {
  '*': { '*': ['abi', 'metadata', 'evm.bytecode.object', 'evm.deployedBytecode.object'] },
}

/** The sources that they are made of and no others, one a line. */
export function renderStandardInput(info: BuildInfo): string {
  const { language, sources, settings } = info.input
  const lines = [...sourcesBelow(ROOTS, info)]
    .toSorted()
    .map((path) => `    ${JSON.stringify(path)}: ${JSON.stringify(sources[path])}`)
  const chosen = JSON.stringify({ ...settings, outputSelection: OUTPUT })
  return `{\n  "language": ${JSON.stringify(language)},\n  "settings": ${chosen},\n  "sources": {\n${lines.join(',\n')}\n  }\n}\n`
}

function sourcesBelow(roots: readonly string[], { output }: BuildInfo): ReadonlySet<string> {
  const reached = new Set(roots)
  for (const path of reached) {
    const tree = output.sources[path]?.ast
    if (tree === undefined) throw new Error(`${path} was not compiled`)
    for (const { absolutePath } of nodesOf(tree, 'ImportDirective')) reached.add(String(absolutePath))
  }
  return reached
}

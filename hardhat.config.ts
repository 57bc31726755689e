// How the contracts are compiled and tested: offline, with the compiler from npm, and without telemetry.
import { createRequire } from 'node:module'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

export default defineConfig({
  solidity: {
    version: '0.8.37',
    path: require.resolve('solc/soljson.js'),
    settings: {
      evmVersion: 'osaka',
      // The legacy pipeline compiles six times faster than viaIR, for gas within 1%.
      viaIR: false,
      // More runs would not leave room for the fraud proof below the 24,576 bytes of EIP-170 (docs/decisions.md).
      optimizer: { enabled: true, runs: 200 },
    },
  },
  paths: {
    sources: 'contracts',
    tests: { solidity: 'test/contract' },
  },
})

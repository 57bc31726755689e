// SPDX-License-Identifier: MIT
// The parameters of a network that decide whether a step is valid.
pragma solidity 0.8.37;

/// @notice What the step function has to know of its network (docs/protocol.md, section 1).
/// @param chain EIP-155 id of the chain of the bridge, above zero
/// @param bridge the bridge contract: the payee of requests and of nothing else
/// @param token wTTX, which cannot be the recipient of a request
/// @param minRequest least amount of a request, in base units
struct Rules {
    uint64 chain;
    address bridge;
    address token;
    uint128 minRequest;
}

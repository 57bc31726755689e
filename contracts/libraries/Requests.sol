// SPDX-License-Identifier: MIT
// What leaves the TTX side by a block: the leaves of the tree of its requests, against which they are claimed.
pragma solidity 0.8.37;

import {Trace} from "./Trace.sol";
import {Asset} from "../types/Asset.sol";

/// @title Requests
/// @notice docs/protocol.md, section 5.1. The tree has the shape of the trace: padded with zero, exactly ceil(log2(count)) siblings.
library Requests {
    /// @notice keccak(0x00 ‖ step(4) ‖ kind(1) ‖ asset(20) ‖ recipient(20) ‖ amount(16)).
    /// @param step number of the request's step in its block
    /// @param asset of which the bridge pays TTX and no other
    /// @param to the recipient on Ethereum
    /// @param amount base units, the fee included; below 2^128
    function leafOf(uint256 step, Asset asset, address to, uint256 amount) internal pure returns (bytes32 leaf) {
        // Safe: writes 68 bytes behind the free memory pointer.
        assembly ("memory-safe") {
            let free := mload(0x40)
            // The tag is the zero byte before the step.
            mstore(free, shl(216, step))
            mstore(add(free, 5), asset)
            mstore(add(free, 26), shl(96, to))
            mstore(add(free, 46), shl(128, amount))
            leaf := keccak256(free, 62)
        }
    }

    /// @notice The root over the first `count` leaves. Overwrites them.
    function rootOf(bytes32[] memory leaves, uint256 count) internal pure returns (bytes32) {
        if (count == 0) return 0;
        uint256 width = 1 << Trace.depthOf(count);
        // Safe: there is room for a power of two of leaves, which is the least that holds `count`.
        assembly ("memory-safe") {
            mstore(leaves, width)
        }
        return Trace.rootOf(leaves);
    }
}

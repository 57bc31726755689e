// SPDX-License-Identifier: MIT
// Makes the trace library callable.
pragma solidity 0.8.37;

import {Trace} from "../../../contracts/libraries/Trace.sol";

contract TraceHarness {
    function rootOf(bytes32[] memory leaves) external pure returns (bytes32) {
        return Trace.rootOf(leaves);
    }

    function fold(bytes32 leaf, uint256 index, bytes32[] calldata siblings) external pure returns (bytes32) {
        return Trace.fold(leaf, index, siblings);
    }

    function leafOf(bytes32 stepHash, bytes32 state) external pure returns (bytes32) {
        return Trace.leafOf(stepHash, state);
    }
}

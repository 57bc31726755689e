// SPDX-License-Identifier: MIT
// Fuzz tests of the trace: the root is that of a plain Merkle tree, and only the right path leads to it.
pragma solidity 0.8.37;

import {Trace} from "../../../contracts/libraries/Trace.sol";
import {TraceHarness} from "../harness/TraceHarness.sol";

contract TraceTest {
    TraceHarness private immutable harness = new TraceHarness();

    function testDepthIsTheLogarithmRoundedUp() external pure {
        uint256 depth;
        for (uint256 count = 0; count <= 600; ++count) {
            if (count > 1 << depth) depth++;
            require(Trace.depthOf(count) == depth, "depth");
        }
    }

    function testFuzzLeafIsWhatThePageSays(bytes32 stepHash, bytes32 state) external view {
        require(harness.leafOf(stepHash, state) == keccak256(abi.encodePacked(uint8(0), stepHash, state)), "leaf");
    }

    function testFuzzThePathOfALeafLeadsToTheRoot(bytes32 seed, uint16 count, uint16 index, uint8 wrong) external view {
        uint256 steps = 1 + uint256(count) % 500;
        uint256 place = index % steps;
        uint256 depth = Trace.depthOf(steps);
        bytes32[] memory level = new bytes32[](1 << depth);
        for (uint256 i = 0; i < steps; ++i) level[i] = keccak256(abi.encode(seed, i));
        bytes32 leaf = level[place];
        bytes32 root = harness.rootOf(level);
        bytes32[] memory siblings = new bytes32[](depth);
        for (uint256 d = 0; d < depth; ++d) {
            siblings[d] = level[(place >> d) ^ 1];
            for (uint256 i = 0; i < 1 << (depth - d - 1); ++i) {
                level[i] = keccak256(abi.encodePacked(uint8(1), level[2 * i], level[2 * i + 1]));
            }
        }
        require(root == level[0], "root");
        require(harness.fold(leaf, place, siblings) == root, "path");
        require(harness.fold(~leaf, place, siblings) != root, "another leaf");
        if (depth == 0) return;
        uint256 level_ = wrong % depth;
        require(harness.fold(leaf, place ^ (1 << level_), siblings) != root, "another place");
        siblings[level_] = ~siblings[level_];
        require(harness.fold(leaf, place, siblings) != root, "another sibling");
    }
}

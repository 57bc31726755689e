// SPDX-License-Identifier: MIT
// The bridge without work, on a chain whose transactions carry no blobs: it is told which ones the next publications have.
pragma solidity 0.8.37;

import {BridgeHarness} from "./BridgeHarness.sol";
import {IJudge} from "../../../contracts/interfaces/IJudge.sol";

contract BlobBridgeHarness is BridgeHarness {
    bytes32[] private _hashes;

    constructor(
        bytes32 state,
        uint256 easiestTarget_,
        uint128 minRequest_,
        uint128 minDeposit_,
        uint256 floorPrice_,
        IJudge judge_
    ) BridgeHarness(state, easiestTarget_, minRequest_, minDeposit_, floorPrice_, judge_) {}

    /// @notice From now on each publication carries these, whatever they are.
    function carry(bytes32[] calldata hashes) external {
        _hashes = hashes;
    }

    function _blobHashes() internal view override returns (bytes32[] memory) {
        return _hashes;
    }
}

// SPDX-License-Identifier: MIT
// Opens blobs and rows in them to tests, and keeps the hashes of a transaction's blobs.
pragma solidity 0.8.37;

import {Blob} from "../../../contracts/libraries/Blob.sol";
import {BlobRow} from "../../../contracts/libraries/BlobRow.sol";
import {BlobEntry} from "../../../contracts/types/BlobEntry.sol";

contract BlobHarness {
    struct Outcome {
        bool isAnswer;
        bytes data;
    }

    bytes32[] private kept;
    bytes32 public traceRoot;

    /// @notice As `publish` will do it.
    function post() external {
        bytes32[] memory hashes = Blob.ofTransaction();
        kept = hashes;
        traceRoot = Blob.traceRootOf(hashes);
    }

    function posted() external view returns (bytes32[] memory) {
        return kept;
    }

    function traceRootOf(bytes32[] memory hashes) external pure returns (bytes32) {
        return Blob.traceRootOf(hashes);
    }

    /// @notice Of the places from `first`, and the gas that one of them takes in the mean.
    function points(uint256 first, uint256 count) external view returns (uint256[] memory found, uint256 gas_) {
        found = new uint256[](count);
        gas_ = gasleft();
        for (uint256 i = 0; i < count; ++i) found[i] = Blob.pointOf(first + i);
        gas_ = (gas_ - gasleft()) / count;
    }

    function checkOpener(address opener) external view {
        Blob.checkOpener(opener);
    }

    /// @notice The gas that the check takes, if it does not revert.
    function check(bytes32[] calldata hashes, uint256 element, uint256 value, bytes calldata opening)
        external
        view
        returns (uint256 gas_)
    {
        gas_ = gasleft();
        Blob.check(hashes, element, value, opening);
        gas_ -= gasleft();
    }

    function open(
        bytes32[] calldata hashes,
        uint256 stepCount,
        uint256 index,
        bytes calldata content,
        bytes calldata openings
    ) external view returns (BlobEntry memory before, BlobEntry memory own, uint256 size, uint256 gas_) {
        gas_ = gasleft();
        (before, own, size) = BlobRow.open(hashes, stepCount, index, content, openings);
        gas_ -= gasleft();
    }

    /// @notice Makes each call of this contract with its amount of gas, and tells what came of it.
    function tryEach(bytes[] calldata calls, uint256[] calldata amounts) external view returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            (outcomes[i].isAnswer, outcomes[i].data) = address(this).staticcall{gas: amounts[i]}(calls[i]);
        }
    }
}

// SPDX-License-Identifier: MIT
// What the reader makes of the bytes that it is given.
pragma solidity 0.8.37;

import {BlobHead} from "../types/BlobHead.sol";
import {Draft} from "../types/Draft.sol";

/// @title The reader
/// @notice Reads what the bridge is given, and says what follows from it. It has no storage, no rights and no money, and asks the
/// chain for nothing but whether blobs can be opened: anyone may ask it, about any bytes. What it refuses it refuses with the errors of `IBridge`.
interface IReader {
    /// @notice The sealed header of a block whose rows are in calldata, 417 bytes: all that the bridge knows of the block is read from these.
    /// It does not ask whether the parent is known, what the queue has, or whether there is enough work in it.
    /// @param parent sealed header of the parent
    /// @param steps packed steps one after another
    /// @param states the state after each step, 32 bytes each
    function seal(
        Draft calldata draft,
        bytes calldata parent,
        bytes calldata steps,
        bytes calldata states
    ) external pure returns (bytes memory sealedHeader);

    /// @notice The same of a block whose rows are in blobs with these hashes. Reverts with `NoOpener` where nothing can be proved about blobs.
    function sealBlobs(
        Draft calldata draft,
        bytes calldata parent,
        BlobHead calldata head,
        bytes32[] calldata hashes
    ) external view returns (bytes memory sealedHeader);

    /// @notice What `account` has of an asset in a state.
    /// @param kind 0 of TTX, 2 of what a contract entered, 3 of what a transaction issued
    /// @param asset zero of TTX, the contract, the infohash of the issuance
    /// @param opening of the account's entry, present or absent; reverts with `BadWitness` else
    /// @return balance base units; zero where the entry is absent
    function balanceIn(bytes32 state, address account, uint8 kind, bytes20 asset, bytes calldata opening)
        external
        pure
        returns (uint256 balance);
}

// SPDX-License-Identifier: MIT
// Why rows in blobs are not accepted, or not shown.
pragma solidity 0.8.37;

/// @title What can be wrong with blobs and with proofs about them
/// @notice Each is a revert, and a revert is never a verdict on a block (docs/protocol.md, section 5.2).
interface IBlobs {
    /// @notice A block has 1 to 6 blobs, each with a hash of EIP-4844 (which begins with 0x01); these are none, more, or others.
    /// @param count of the hashes; 7 stands for any number above 6 of a transaction's
    error BadBlobs(uint256 count);

    /// @notice The precompile that opens blobs does not answer as proofs about them need it, or for more gas than they can pay, or there was too
    /// little gas to ask: nobody could refute what is posted in blobs. In calldata it can be posted all the same.
    error NoOpener();

    /// @notice The hashes do not lead to the trace root of the header.
    error OtherBlobs();

    /// @notice The precompile does not confirm that the element has this value: another commitment, value, place or proof, or too
    /// little gas to ask.
    /// @param element its number through all blobs of the block
    error BadOpening(uint256 element);

    /// @notice The content of the step's elements, or the openings, have another length than the row asks for.
    /// @param expected in bytes; of openings that end too early, what is needed up to the first that is missing
    error BadRowLength(uint256 expected, uint256 length);

    /// @notice A block in blobs has 1 to 3,500 steps, and not fewer than entries of the queue that it consumes.
    error BadStepCount(uint256 count);

    /// @notice The requests of a head are records of 39 bytes for TTX and of 59 for the kinds 2 and 3, not more than steps, and at most 500.
    /// @param length in bytes
    /// @param limit of records
    error BadRequests(uint256 length, uint256 limit);

    /// @notice A block may make the state larger by 2,048 entries, and by 4 for each entry of the queue that it consumes.
    error TooMuchGrowth(int256 growth, int256 limit);

    /// @notice An element beyond the blobs reads as zero, and something else was brought for it.
    error BeyondBlobs(uint256 element);
}

// SPDX-License-Identifier: MIT
// What an amount is of: TTX, or one of the other assets.
pragma solidity 0.8.37;

/// @notice `kind(1) ‖ asset(20)` and eleven zeros (docs/protocol.md, section 1.1). Zero is TTX.
type Asset is bytes32;

using {kindOf, idOf} for Asset global;

/// @dev It is hashed along with others, and never where names of TTX alone are.
Asset constant TTX = Asset.wrap(0);
/// @dev The kinds beside TTX, whose kind is 0: what a contract on Ethereum entered, and what a transaction issued.
uint256 constant ENTERED = 2;
uint256 constant ISSUED = 3;

/// @notice The asset of this kind and id.
/// @param kind below 256
/// @param id the contract that entered it, or the infohash of its issuance
function assetOf(uint256 kind, bytes20 id) pure returns (Asset) {
    return Asset.wrap(bytes32(kind << 248) | bytes32(id) >> 8);
}

/// @notice 0 of TTX.
function kindOf(Asset asset) pure returns (uint256) {
    return uint256(Asset.unwrap(asset)) >> 248;
}

/// @notice Zero of TTX.
function idOf(Asset asset) pure returns (bytes20) {
    return bytes20(Asset.unwrap(asset) << 8);
}

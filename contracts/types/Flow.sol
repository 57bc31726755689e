// SPDX-License-Identifier: MIT
// What a transaction moves: who spends which outputs, and what becomes of them.
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @notice A transaction is one of these, a take the two halves of a swap.
/// @param from who spends
/// @param asset of the outputs that are spent
/// @param prevs where their infohashes begin in the calldata, 20 bytes each
/// @param count how many they are
/// @param least what they have to hold
/// @param spent what leaves the account of `from`; the rest of the inputs comes back as one output
/// @param to who is paid, if anybody is
/// @param paid to them; zero by a request, which leaves for Ethereum, and where somebody joins outputs of their own
/// @param paidAsset what that is of
/// @param sum what the inputs held, once they are spent
struct Flow {
    address from;
    Asset asset;
    uint256 prevs;
    uint256 count;
    uint256 least;
    uint256 spent;
    address to;
    uint256 paid;
    Asset paidAsset;
    uint256 sum;
}

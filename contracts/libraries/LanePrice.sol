// SPDX-License-Identifier: MIT
// What an entry of a lane costs on top when many came before it: a price with a memory.
pragma solidity 0.8.37;

/// @title The surcharge of a lane
/// @notice docs/protocol.md, section 6.1. A leaky bucket, kept as the time at which it would be empty if nothing more came (as the generic
/// cell rate algorithm of ITU-T I.371 keeps it): each entry puts that off by 100 seconds. So its level is in seconds.
library LanePrice {
    /// @notice An entry fills the bucket by as much as leaks in this many seconds: 36 entries an hour.
    uint256 internal constant ENTRY_SECONDS = 100;
    /// @notice Up to this level nothing is asked for: 144 entries.
    uint256 internal constant FREE_SECONDS = 14_400;
    /// @notice Above it, the price of an entry doubles with each of these: 450 entries.
    uint256 internal constant DOUBLING_SECONDS = 45_000;

    /// @dev What is doubled, in gas.
    uint256 private constant UNIT_GAS = 10_000;
    /// @dev Beyond as many doublings the price stays: 10^23 gas, which nobody has.
    uint256 private constant MOST_DOUBLINGS = 64;

    /// @notice The surcharge of the next entry, in gas: 10,000 · (2^((level - 14,400) / 45,000) - 1), linear between whole doublings and
    /// rounded down.
    /// @param level seconds
    function surchargeGas(uint256 level) internal pure returns (uint256) {
        if (level <= FREE_SECONDS) return 0;
        // Safe: level is above what is taken from it, and 10,000 · 90,000 shifted by 64 bits is below 2^94.
        unchecked {
            uint256 above = level - FREE_SECONDS;
            uint256 doublings = above / DOUBLING_SECONDS;
            uint256 rest = above % DOUBLING_SECONDS;
            if (doublings >= MOST_DOUBLINGS) (doublings, rest) = (MOST_DOUBLINGS, 0);
            return (UNIT_GAS * (DOUBLING_SECONDS + rest) << doublings) / DOUBLING_SECONDS - UNIT_GAS;
        }
    }

    /// @notice The level of a bucket that will be empty at `emptyAt`.
    function levelAt(uint256 emptyAt, uint256 time) internal pure returns (uint256) {
        return emptyAt > time ? emptyAt - time : 0;
    }
}

// SPDX-License-Identifier: MIT
// How hard the next block must be: the bounds of its target, and the work that a target stands for.
pragma solidity 0.8.37;

/// @title Target and work
/// @notice docs/protocol.md, section 7.2. The bounds follow from the parent alone, and the ceiling only eases as time passes.
library Target {
    /// @notice Seconds: the wished time between blocks.
    uint256 internal constant BLOCK_SECONDS = 3600;
    /// @notice Seconds: after `BLOCK_SECONDS` the ceiling doubles each time this long has passed.
    uint256 internal constant HALF_LIFE_SECONDS = 900;
    /// @notice No target is ever below.
    uint256 internal constant HARDEST = 1 << 176;
    /// @notice Exclusive bound of every target: 2^244 times less than 2 * `HALF_LIFE_SECONDS` fits into 256 bits.
    uint256 internal constant EASIEST_BOUND = 1 << 244;

    /// @notice The least and the greatest target that a child may state.
    /// @param parentTarget from `HARDEST` to `easiest`
    /// @param elapsed seconds from the publication of the parent to that of the child
    /// @param easiest from `HARDEST`, below `EASIEST_BOUND`
    function boundsOf(uint256 parentTarget, uint256 elapsed, uint256 easiest)
        internal
        pure
        returns (uint256 floor, uint256 ceiling)
    {
        // Safe: parentTarget < 2^244 and the factor is below 2^11; elapsed is no less than what is taken from it.
        unchecked {
            uint256 late = elapsed > BLOCK_SECONDS - HALF_LIFE_SECONDS ? elapsed - (BLOCK_SECONDS - HALF_LIFE_SECONDS) : 0;
            uint256 doublings = late / HALF_LIFE_SECONDS;
            ceiling = parentTarget * (HALF_LIFE_SECONDS + late % HALF_LIFE_SECONDS) / HALF_LIFE_SECONDS;
            // Half of less than twice the parent's target, which is not easier than the easiest.
            if (doublings == 0) ceiling >>= 1;
            // A shift of 256 or more gives 0, and so saturates.
            else if (ceiling > easiest >> (doublings - 1)) ceiling = easiest;
            else ceiling <<= doublings - 1;
            if (ceiling < HARDEST) ceiling = HARDEST;
            floor = parentTarget >> 1;
            if (floor < HARDEST) floor = HARDEST;
        }
    }

    /// @notice Expected hashes for a block of this target: 2^256 / (target + 1), at most 2^96.
    function workOf(uint256 target) internal pure returns (uint128) {
        // Safe: target is below 2^244, and (2^256 - (target + 1)) / (target + 1) + 1 is the quotient that is asked for.
        unchecked {
            return uint128(~target / (target + 1) + 1);
        }
    }
}

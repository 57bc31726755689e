// SPDX-License-Identifier: MIT
// Fuzz tests of target and work: the bounds never cross, only ease with time, and equal the plain formula.
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Target} from "../../../contracts/libraries/Target.sol";

contract TargetTest {
    uint256 private constant EASIEST_BOUND = 1 << 244;

    function _between(uint256 seed, uint256 least, uint256 most) private pure returns (uint256) {
        return least + seed % (most - least + 1);
    }

    function testFuzzBoundsNeverCross(uint256 parent, uint256 elapsed, uint256 easiest) external pure {
        easiest = _between(easiest, Target.HARDEST, EASIEST_BOUND - 1);
        parent = _between(parent, Target.HARDEST, easiest);
        (uint256 floor, uint256 ceiling) = Target.boundsOf(parent, elapsed, easiest);
        require(Target.HARDEST <= floor && floor <= ceiling && ceiling <= easiest, "crossed");
    }

    function testFuzzTheCeilingOnlyEases(uint256 parent, uint64 elapsed, uint64 more, uint256 easiest) external pure {
        easiest = _between(easiest, Target.HARDEST, EASIEST_BOUND - 1);
        parent = _between(parent, Target.HARDEST, easiest);
        uint256 later = uint256(elapsed) + more;
        (uint256 floor, uint256 ceiling) = Target.boundsOf(parent, elapsed, easiest);
        (uint256 floorThen, uint256 ceilingThen) = Target.boundsOf(parent, later, easiest);
        require(floorThen == floor && ceilingThen >= ceiling, "harder");
    }

    /// @notice After an hour the parent's target, half of it before three quarters of an hour, and twice as much each 15 minutes.
    function testFuzzTheCeilingDoublesEveryQuarterOfAnHour(uint256 parent, uint8 quarters) external pure {
        uint256 easiest = EASIEST_BOUND - 1;
        parent = _between(parent, Target.HARDEST << 1, 1 << 200);
        (, uint256 half) = Target.boundsOf(parent, 2700, easiest);
        (, uint256 same) = Target.boundsOf(parent, 3600, easiest);
        require(half == parent >> 1 && same == parent, "start");
        uint256 doublings = quarters % 40;
        (, uint256 eased) = Target.boundsOf(parent, 3600 + 900 * doublings, easiest);
        require(eased == parent << doublings, "doublings");
        (, uint256 late) = Target.boundsOf(parent, 3600 + 900 * (100 + uint256(quarters)), easiest);
        require(late == easiest, "saturation");
    }

    function testFuzzWorkIsTheExactQuotient(uint256 target) external pure {
        target = _between(target, Target.HARDEST, EASIEST_BOUND - 1);
        require(Target.workOf(target) == Math.mulDiv(1 << 255, 2, target + 1), "work");
    }
}

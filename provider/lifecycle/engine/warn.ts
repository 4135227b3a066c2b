export { warn } from "../../driver/warn";

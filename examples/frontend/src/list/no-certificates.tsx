/** An empty list says why it is empty, and what to do next. */
import { Link } from "../address.tsx";
import { addressOf, type Filters, isFiltered } from "./filters.ts";

export function NoCertificates({ filters }: { filters: Filters }) {
  const { user, thumbprint, ...others } = filters;
  if (!isFiltered(filters)) {
    return (
      <div className="empty">
        <p>No certificate is imported yet.</p>
        <Link to="?view=import" className="button primary">
          Import certificates
        </Link>
      </div>
    );
  }
  const whole = user ?? thumbprint;
  return (
    <div className="empty">
      <p>No certificate matches.</p>
      {whole && (
        <p>
          <Link to={addressOf({ ...others, part: whole })} className="button">
            Search all certificates for “<bdi>{whole}</bdi>”
          </Link>
        </p>
      )}
      <Link to="" className="button">
        Show all certificates
      </Link>
    </div>
  );
}
